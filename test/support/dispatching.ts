import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DispatchMessage, DispatchSettings, StoredDispatch } from '../../lambda/contract/dispatch.ts';
import { DISPATCH_LEASE_MARGIN_SECONDS } from '../../lambda/contract/dispatch-limits.ts';
import type { Processor } from '../../lambda/contract/registry.ts';
import type { TaskItem } from '../../lambda/contract/task.ts';
import type { DispatchStore } from '../../lambda/functions/dispatch/dispatch-store.ts';
import { createDispatchTask, type DispatcherOptions } from '../../lambda/functions/dispatch/dispatch-task.ts';
import { createDynamoDBDispatchStore } from '../../lambda/functions/dispatch/dynamodb-dispatch-store.ts';
import { createDynamoDBInputs } from '../../lambda/functions/dispatch/inputs.ts';
import type { Admittance, AttemptReport } from '../../lambda/functions/dispatch/ports.ts';
import { createSignCallbacks } from '../../lambda/functions/dispatch/processor-request.ts';
import { createSendRequest } from '../../lambda/functions/dispatch/send-request.ts';
import { createStoreCodes } from '../../lambda/functions/dispatch/store-short-codes.ts';
import { createTokenEncrypter } from '../../lambda/shared/callback-token/encrypt.ts';
import { createCallbackIssuer } from '../../lambda/shared/callbacks/callback-issuer.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { aDispatchedProcessor, aDispatchedTask, storeDispatched } from './dispatched.ts';
import type { TestStore } from './engine.ts';
import { readTask } from './receiver.ts';
import { registryOf } from './registry.ts';
import { NOW, ORIGIN, type SigningKey } from './tokens.ts';

/** A request as the server of a processor got it. */
export interface Job {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a job. The number begins with 1. */
export type AnswerJob = (response: ServerResponse, number: number, job: Job) => unknown;

/** A processor: a real HTTP server whose answers a test says. */
export interface JobServer {
  readonly origin: string;
  readonly jobs: Job[];
  answer(next: AnswerJob): void;
  close(): Promise<void>;
}

export const startJobServer = async (): Promise<JobServer> => {
  const jobs: Job[] = [];
  let answer: AnswerJob = accept;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const job = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
    jobs.push(job);
    await answer(response, jobs.length, job);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jobs,
    answer: (next) => {
      answer = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Accepts a job with an id. */
export const accept: AnswerJob = (response, number) =>
  response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ id: `job-${number}` }));

/** Answers with a status alone. */
export const answerWith =
  (status: number, headers: Readonly<Record<string, string>> = {}): AnswerJob =>
  (response) =>
    response.writeHead(status, headers).end();

/** Ends the connection without an answer. */
export const reset: AnswerJob = (response) => response.destroy();

export const SECRET = 'a-secret-of-the-processor';
export const ACCESS_TOKEN = 'an-access-token-of-the-processor';

export interface DispatchingOptions {
  readonly store: TestStore;
  readonly key: SigningKey;
  /** Origin of the processor. */
  readonly origin: string;
  readonly settings?: Partial<DispatchSettings>;
  readonly processor?: Partial<Processor>;
  /** Replaces parts, for example to fail. */
  readonly wrap?: (parts: DispatcherOptions) => DispatcherOptions;
}

/** The dispatcher with the real table and a clock that stands still. Breaker, secrets and queue are notes of this object. */
export const aDispatching = ({
  key,
  origin,
  processor = {},
  settings = {},
  store,
  wrap = (one) => one,
}: DispatchingOptions) => {
  let milliseconds = NOW * 1000;
  const now = () => milliseconds;
  const lines: Record<string, unknown>[] = [];
  const messages: (DispatchMessage & { readonly delay: number })[] = [];
  const reports: AttemptReport[] = [];
  let drops = 0;
  let admittance: Exclude<Admittance, { isAdmitted: true }> | undefined;
  const getSigner = async () => key.signer;
  const sent = aDispatchedProcessor(
    'sent-ocr',
    { url: `${origin}/jobs`, headers: { 'X-Key': { secret: 'key', format: 'Key {}' } }, timeout: 1, ...settings },
    processor,
  );
  const dynamodb = store.createCall();
  const options = wrap({
    registry: registryOf(sent),
    store: createDynamoDBDispatchStore({
      dynamodb,
      tasksTable: store.tasksTable,
      layout: 'current',
      leaseSeconds: (sent.dispatch?.timeout ?? 0) + DISPATCH_LEASE_MARGIN_SECONDS,
      wait: async () => undefined,
      random: () => 0,
    }),
    inputs: createDynamoDBInputs(dynamodb, store.lookupsTable),
    admission: {
      admit: async () =>
        admittance ?? {
          isAdmitted: true,
          report: async (outcome) => {
            reports.push(outcome);
          },
        },
    },
    credentials: {
      resolve: async ({ auth }) => ({
        secrets: new Map([['key', SECRET]]),
        ...(auth !== undefined && { accessToken: ACCESS_TOKEN }),
      }),
      drop: () => {
        drops += 1;
      },
    },
    queues: {
      send: async (_processor, message, delay) => {
        messages.push({ ...message, delay });
      },
    },
    signCallbacks: createSignCallbacks(
      createCallbackIssuer({
        origin: ORIGIN,
        ownerClaim: false,
        signer: getSigner,
        encrypt: createTokenEncrypter(undefined),
        deriveCode: async (_iss, jti) => `code-of-${jti}`.padEnd(22, 'x').slice(0, 22),
        randomId: () => 'never used',
      }),
      getSigner,
      now,
    ),
    getSigner,
    storeCodes: createStoreCodes(dynamodb, store.lookupsTable),
    send: createSendRequest({ egress: 'loopback', now }),
    logger: createLogger('test', 'dispatch', (line) => lines.push(JSON.parse(line))),
    now,
  });
  const work = createDispatchTask(options);
  const read = async ({ taskId }: Pick<TaskItem, 'taskId'>): Promise<TaskItem> => {
    const task = await readTask(store, taskId);
    if (task === undefined) throw new Error(`There is no task ${taskId}.`);
    return task;
  };
  return {
    lines,
    messages,
    reports,
    drops: () => drops,
    options: options as DispatcherOptions & { readonly store: DispatchStore },
    work,
    read,
    /** Stores a task, and its input, as opening does. */
    open: async (dispatch: Partial<StoredDispatch> = {}, overrides: Parameters<typeof aDispatchedTask>[1] = {}) => {
      const task = aDispatchedTask(dispatch, overrides);
      await storeDispatched(store, [task]);
      return task;
    },
    /** Works on the next attempt of a task, as a hint that is never lost does. Returns the task afterwards. */
    attempt: async ({ taskId }: Pick<TaskItem, 'taskId'>): Promise<TaskItem> => {
      const { dispatch } = await read({ taskId });
      await work({ taskId, issue: dispatch?.issue ?? 0, attempt: (dispatch?.attempts ?? 0) + 1 });
      return read({ taskId });
    },
    /** Moves the clock on. */
    pass: (seconds: number) => {
      milliseconds += seconds * 1000;
    },
    refuse: (next: typeof admittance) => {
      admittance = next;
    },
    seconds: () => milliseconds / 1000,
  };
};
