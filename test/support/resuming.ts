import { type ResumeTargets, resumeTokenContext } from '../../lambda/contract/resume.ts';
import type { TaskItem } from '../../lambda/contract/task.ts';
import { createDecryptToken } from '../../lambda/functions/resume/decrypt-token.ts';
import { createDynamoDBHeartbeatStore } from '../../lambda/functions/resume/dynamodb-heartbeat-store.ts';
import { createDynamoDBResumeStore } from '../../lambda/functions/resume/dynamodb-resume-store.ts';
import type { Receive } from '../../lambda/functions/resume/outcome-messages.ts';
import type { HeartbeatStore, ResumeStore } from '../../lambda/functions/resume/resume-store.ts';
import { createResumeWorkflow, type ResumeWorkflowOptions } from '../../lambda/functions/resume/resume-workflow.ts';
import { createSendHeartbeat } from '../../lambda/functions/resume/send-heartbeat.ts';
import { createTellOutcome, type TellOutcomeOptions } from '../../lambda/functions/resume/tell-outcome.ts';
import type { Destination, WorkflowFailure, WorkflowService } from '../../lambda/functions/resume/workflow.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import type { TestStore } from './engine.ts';
import { readTask } from './receiver.ts';
import { REGISTRY } from './registry.ts';
import { aStoredTask, storeTasks } from './stored-task.ts';
import { NOW, ORIGIN } from './tokens.ts';
import { CLOSED_AT, describePayload } from './waited-task.ts';

export const STATE_MACHINE = 'arn:aws:states:eu-west-1:000000000000:stateMachine:Invoices';
export const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:invoices:*';
export const TARGETS: ResumeTargets = { invoices: [{ arn: STATE_MACHINE }, { arn: FUNCTION }] };

/** The tokens of workflows, which must be in no log line and no queue. */
export const TASK_TOKEN = 'AQCEAAAAKgAAAAMAAAAAAAAAAe5fTASKTOKEN';

/** A call to the service of a workflow. */
export type Call = { readonly destination: Destination; readonly token: string } & (
  | { readonly action: 'succeed'; readonly output: string }
  | ({ readonly action: 'fail' } & WorkflowFailure)
  | { readonly action: 'heartbeat' }
);

/** An error as the SDK throws it for a response. */
export const aServiceError = (name: string, status = 400): Error =>
  Object.assign(new Error(`The service repeats ${TASK_TOKEN}`), {
    name,
    $metadata: { httpStatusCode: status, attempts: 1 },
  });

/** Encrypts as the stand-in of a key: it decrypts with the same context only. */
const encrypt = (token: string, context: Readonly<Record<string, string>>): Uint8Array =>
  Buffer.from(JSON.stringify({ token, context }));

export interface WorkflowOfTask {
  readonly kind?: 'stepFunctions' | 'durableFunction';
  readonly arn?: string;
  /** @default TASK_TOKEN */
  readonly token?: string;
}

/** Stores a task whose workflow waits. @param overrides as of `aStoredTask` */
export const storeWaited = async (
  store: TestStore,
  overrides: Partial<TaskItem> = {},
  { arn, kind = 'stepFunctions', token = TASK_TOKEN }: WorkflowOfTask = {},
): Promise<TaskItem> => {
  const plain = aStoredTask(overrides);
  const task: TaskItem = {
    ...plain,
    resume: { kind, state: 'pending', ...(arn !== undefined && { arn }) },
    resumeToken: encrypt(token, resumeTokenContext('test', plain.taskId)),
    ...overrides,
  };
  await storeTasks(store, [task]);
  return task;
};

/** Attributes of a task that succeeded or failed with JSON. */
export const closedWith = (
  status: 'succeeded' | 'failed',
  bytes: string | Uint8Array,
  contentType = 'application/json',
): Partial<TaskItem> => {
  const payload = Buffer.from(bytes);
  const described = describePayload(payload, contentType);
  return {
    ...closedAs(status),
    [status === 'succeeded' ? 'result' : 'failure']: described,
    payload,
  };
};

/** Attributes of a closed task. */
export const closedAs = (status: Exclude<TaskItem['status'], 'pending'>): Partial<TaskItem> => ({
  status,
  closedAt: CLOSED_AT,
  change: status,
  changedAt: CLOSED_AT,
  sequence: 2,
  revision: 2,
});

/** A receive of the message of a task. */
export const aReceive = (
  { sequence, taskId }: Pick<TaskItem, 'taskId' | 'sequence'>,
  overrides: Partial<Receive> = {},
) => ({
  taskId,
  sequence,
  messageId: `message-of-${taskId}-${sequence}`,
  body: JSON.stringify({ taskId, sequence }),
  receiptHandle: 'a-receipt',
  receives: 1,
  firstReceivedAt: NOW * 1000,
  ...overrides,
});

export interface ResumingOptions {
  readonly targets?: ResumeTargets;
  readonly registry?: TellOutcomeOptions['registry'];
  /** Replaces parts, for example to fail. */
  readonly wrap?: (parts: Parts) => Parts;
}

/** What the function calls. */
export interface Parts {
  readonly store: ResumeStore;
  readonly heartbeats: HeartbeatStore;
  readonly payloads: TellOutcomeOptions['payloads'];
  readonly decrypt: Parameters<typeof createDecryptToken>[0];
  readonly connect: TellOutcomeOptions['connect'];
  readonly messages: ResumeWorkflowOptions['messages'];
}

/** The function `resume` on the tables of a test, with a service that answers as the test says. */
export const aResuming = (
  tables: TestStore,
  { registry = REGISTRY, targets = TARGETS, wrap }: ResumingOptions = {},
) => {
  const calls: Call[] = [];
  const letters: Receive[] = [];
  const delays: number[] = [];
  const lines: Record<string, unknown>[] = [];
  const objects = new Map<string, Uint8Array>();
  const objectsRead: string[] = [];
  let answers: (Error | undefined)[] = [];
  let time = NOW * 1000;
  const now = () => time;

  const call = async (made: Call): Promise<void> => {
    calls.push(made);
    const error = answers.shift();
    if (error !== undefined) throw error;
  };
  const serviceAt = (destination: Destination): WorkflowService => ({
    succeed: (token, output) => call({ destination, token, action: 'succeed', output }),
    fail: (token, { cause, error, message }) => call({ destination, token, action: 'fail', error, message, cause }),
    heartbeat: (token) => call({ destination, token, action: 'heartbeat' }),
  });
  const dynamodb = tables.createCall();
  const parts: Parts = {
    store: createDynamoDBResumeStore({
      dynamodb,
      tasksTable: tables.tasksTable,
      wait: async () => {},
      random: () => 0,
    }),
    heartbeats: createDynamoDBHeartbeatStore(dynamodb, tables.lookupsTable),
    payloads: {
      read: async (key) => {
        objectsRead.push(key);
        return objects.get(key);
      },
    },
    decrypt: async (_keyId, ciphertext, context) => {
      const plain = JSON.parse(Buffer.from(ciphertext).toString()) as { token: string; context: object };
      if (JSON.stringify(plain.context) === JSON.stringify(context)) return Buffer.from(plain.token);
      throw Object.assign(new Error(''), { name: 'InvalidCiphertextException' });
    },
    connect: async (destination) => serviceAt(destination),
    messages: {
      delay: async (_handle, seconds) => {
        delays.push(seconds);
      },
      giveUp: async (message) => {
        letters.push(message);
      },
    },
  };
  const { connect, decrypt, heartbeats, messages, payloads, store } = wrap?.(parts) ?? parts;
  const decryptToken = createDecryptToken(decrypt, 'arn:key', 'test');
  const shared = { targets, decryptToken, connect, now };
  const logger = createLogger('test', 'resume', (line) => lines.push(JSON.parse(line)));
  const resume = createResumeWorkflow({
    store,
    messages,
    tellOutcome: createTellOutcome({ ...shared, origin: ORIGIN, registry, store, payloads }),
    sendHeartbeat: createSendHeartbeat({ ...shared, heartbeats }),
    logger,
    now,
    random: () => 0,
  });
  return {
    tables,
    /** Works on a message as it is. */
    work: resume,
    /** Receives the message of a task. */
    receive: (task: Pick<TaskItem, 'taskId' | 'sequence'>, overrides: Partial<Receive> = {}) =>
      resume(aReceive(task, overrides)),
    /** The same in an event of `redrive`, which has no receipt. */
    redrive: (task: Pick<TaskItem, 'taskId' | 'sequence'>) => {
      const { receiptHandle: _, ...letter } = aReceive(task);
      return resume(letter);
    },
    /** The task as it is stored. */
    read: async ({ taskId }: Pick<TaskItem, 'taskId'>) => (await readTask(tables, taskId)) as TaskItem,
    calls,
    letters,
    delays,
    lines,
    /** The bucket, and the keys that were read. */
    objects,
    objectsRead,
    /** Sets the answers of the next calls: an error, or undefined for a success. Later calls succeed. */
    answer: (...next: (Error | undefined)[]) => {
      answers = next;
    },
    /** Moves the clock. */
    pass: (seconds: number) => {
      time += seconds * 1000;
    },
    now,
  };
};
