import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { OperatorAction } from '../../lambda/contract/audit.ts';
import { DYNAMODB_CALLS } from '../../lambda/contract/call-limits.ts';
import type { Callback, Callbacks } from '../../lambda/contract/sender-api.ts';
import { readVariables } from '../../lambda/contract/variables.ts';
import { createTaskCreator } from '../../lambda/functions/create-task/create-task.ts';
import { createDynamoDBTaskCreationStore } from '../../lambda/functions/create-task/dynamodb-task-creation-store.ts';
import { createIssueCallbacks } from '../../lambda/functions/create-task/issue-callbacks.ts';
import { createPendingLimit } from '../../lambda/functions/create-task/pending-limit.ts';
import { createReissuer } from '../../lambda/functions/create-task/reissue-callbacks.ts';
import { createReopener } from '../../lambda/functions/create-task/reopen-task.ts';
import type { CreationRequest } from '../../lambda/functions/create-task/request.ts';
import { createDynamoDBDueTaskStore } from '../../lambda/functions/expire/dynamodb-due-task-store.ts';
import { createExpirer } from '../../lambda/functions/expire/expire-tasks.ts';
import { measureCallback } from '../../lambda/functions/receive/outcome.ts';
import { createReceiver } from '../../lambda/functions/receive/receive-callback.ts';
import { createDynamoDBCallbackStore } from '../../lambda/functions/receive/store/dynamodb-callback-store.ts';
import { createDynamoDBSenderTaskStore } from '../../lambda/functions/tasks/dynamodb-sender-task-store.ts';
import { createSenderTasks } from '../../lambda/functions/tasks/sender-tasks.ts';
import type { Sender } from '../../lambda/shared/access-token/sender.ts';
import { createDynamoDBClient } from '../../lambda/shared/aws/dynamodb.ts';
import type { TokenSigner } from '../../lambda/shared/callback-token/signer.ts';
import { thumbprintOf } from '../../lambda/shared/callback-token/thumbprint.ts';
import { createTokenVerifier } from '../../lambda/shared/callback-token/verify.ts';
import { createCallbackIssuer } from '../../lambda/shared/callbacks/callback-issuer.ts';
import { wait } from '../../lambda/shared/clock.ts';
import { serve } from '../../lambda/shared/http/serve.ts';
import { createLogger, type Fields, type Measurement } from '../../lambda/shared/log/logger.ts';
import { createOperatorTasks, type TaskAction } from '../../lambda/shared/operator/act-on-task.ts';
import { type Acting, auditEntryOf } from '../../lambda/shared/operator/answer-action.ts';
import { createDynamoDBAuditLog } from '../../lambda/shared/operator/audit-log.ts';
import { createDynamoDBOperatorTaskStore } from '../../lambda/shared/operator/dynamodb-operator-task-store.ts';
import { createAskSenderPolicy } from '../../lambda/shared/policy/ask-sender-policy.ts';
import { isRefusal, type Refusal } from '../../lambda/shared/refusal.ts';
import type { VerificationKeys } from '../../lambda/shared/signing-keys/verification-keys.ts';
import type { FunctionContext } from '../deployment.ts';
import { toLambdaEvent } from '../load-balancer/lambda-event.ts';
import type { SeedClock } from './clock.ts';
import { HOUR } from './clock.ts';
import type { Random } from './random.ts';

/** A task with the callbacks that its processor got. */
export interface SeedTask {
  readonly taskId: string;
  readonly application: string;
  readonly callbacks: Callbacks;
}

export interface SeedDelivery {
  readonly body: string;
  /** @default application/json */
  readonly contentType?: string;
  /** Address of the caller. */
  readonly from: string;
}

/** A person at the console. */
export interface SeedOperator {
  readonly sub: string;
  readonly from: string;
}

/** What people and systems do with the gateway, at the time of the clock. The functions' own code does all of it. */
export interface SeedWorld {
  readonly origin: string;
  open(application: string, request: CreationRequest): Promise<SeedTask>;
  /** Sends a callback and returns the status of the response. */
  call(callback: Pick<Callback, 'url' | 'token'> | undefined, delivery: SeedDelivery): Promise<number>;
  reissue(task: SeedTask): Promise<SeedTask>;
  reopen(task: SeedTask, reason: string): Promise<SeedTask>;
  cancel(task: SeedTask): Promise<void>;
  /** Expires the tasks that became due since the last call. */
  expire(): Promise<void>;
  /** Returns undefined if the action was done, otherwise its refusal. Both are in the audit. */
  act(
    operator: SeedOperator,
    action: TaskAction,
    task: SeedTask,
    reason: string,
    more?: { readonly revision?: number },
  ): Promise<Refusal | undefined>;
  /** Writes an action to the audit that changes no task. */
  note(
    operator: SeedOperator,
    action: OperatorAction,
    task: SeedTask,
    reason: string,
    refusal?: Refusal,
  ): Promise<void>;
  close(): void;
}

/** The machine may be busy with the start of the gateway. */
const PATIENT_CALLS = { ...DYNAMODB_CALLS, connectionTimeoutMilliseconds: 60_000, requestTimeoutMilliseconds: 60_000 };

/** Time since the last run of `expire` that the first run looks back. */
const FIRST_RUN = 24 * HOUR;

/**
 * Composes the code of the functions with another clock, other randomness and a key that signs only here. Nobody has the
 * callback URLs or the key afterwards.
 */
export const openSeedWorld = (
  { applications, environment, log, registry }: FunctionContext,
  clock: SeedClock,
  random: Random,
): SeedWorld => {
  const creating = readVariables('create-task', environment);
  const receiving = readVariables('receive', environment);
  const operating = readVariables('operator-api', environment);
  const { INDEX_SHARDS: indexShards, POSTERN_ORIGIN: origin, TASK_LAYOUT: layout } = creating;
  const tables = {
    tasksTable: creating.TASKS_TABLE,
    jtiTable: receiving.JTI_TABLE,
    lookupsTable: creating.LOOKUPS_TABLE,
    auditTable: operating.AUDIT_TABLE,
  };
  const now = clock.now;
  const randomId = random.id;
  const retries = { wait, random: Math.random };
  const dynamodb = createDynamoDBClient({ environment, limits: PATIENT_CALLS });
  const client = new DynamoDBClient({
    endpoint: environment.AWS_ENDPOINT_URL_DYNAMODB ?? '',
    region: environment.AWS_REGION ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const loggerOf = (name: string) => createLogger(creating.POSTERN_ENVIRONMENT, name, (line) => log(name, line), now);
  const logged = (name: string, fields: Fields, measurements: readonly Measurement[] = []) =>
    loggerOf(name).info('request', fields, measurements);
  const { keys, signer } = makeKey();

  const senderOf = (application: string): Sender => {
    const found = applications[application];
    if (found === undefined) throw new Error(`There is no application ${application}.`);
    return { application: found, clientId: found.clients?.[0] ?? 'local-sender' };
  };

  const creationStore = createDynamoDBTaskCreationStore({ dynamodb, ...tables, indexShards, ...retries });
  const askPolicy = createAskSenderPolicy(null, false);
  const creation = {
    registry,
    retentionSeconds: creating.RETENTION_SECONDS,
    askPolicy,
    issuer: createCallbackIssuer({
      origin,
      ownerClaim: creating.OWNER_CLAIM,
      signer: async () => signer,
      encrypt: () => Promise.reject(new Error('No processor of the story has encrypted tokens.')),
      deriveCode: () => Promise.reject(new Error('No processor of the story has short codes.')),
      randomId,
    }),
    store: creationStore,
    now,
    randomId,
  };
  const issuing = { ...creation, issueCallbacks: createIssueCallbacks(creation), retries };
  const createTask = createTaskCreator({
    ...creation,
    indexShards,
    layout,
    pendingLimit: createPendingLimit({ store: creationStore, now }),
    encryptResumeToken: null,
    retries,
  });
  const reissueCallbacks = createReissuer(issuing);
  const reopenTask = createReopener(issuing);

  const receive = serve({
    owner: 'receive',
    origin,
    logger: loggerOf('receive'),
    handle: createReceiver({
      registry,
      verifier: createTokenVerifier({ origin, registry, keys }),
      store: createDynamoDBCallbackStore({ dynamodb, ...tables, layout, ...retries }),
      loadProofVerifier: () => Promise.reject(new Error('No processor of the story has a proof.')),
      decrypter: null,
      policy: null,
      payloads: () => {
        throw new Error('Every payload of the story lies on its task.');
      },
      inlineLimit: receiving.INLINE_LIMIT_BYTES,
      quarantineLimit: receiving.QUARANTINE_LIMIT,
      schemas: () => ({}),
      logger: loggerOf('receive'),
      now,
    }),
    measure: measureCallback,
  });

  const senderTasks = createSenderTasks({
    store: createDynamoDBSenderTaskStore({ client, ...tables, layout, ...retries }),
    askPolicy: null,
    indexShards,
    payloadUrls: () => Promise.reject(new Error('Every payload of the story lies on its task.')),
    now,
    retries,
  });

  let lastRun: number | undefined;
  const dueStore = createDynamoDBDueTaskStore({ client, ...tables, layout, ...retries });
  const expirer = createExpirer({
    // The progress that is stored is the one of the gateway's own schedule.
    store: {
      ...dueStore,
      readProgress: async () => {
        const reached = Math.floor((lastRun ?? now() - FIRST_RUN) / 1_000);
        return new Map(Array.from({ length: indexShards }, (_, shard) => [shard, { recent: reached, late: reached }]));
      },
      writeProgress: async () => {},
    },
    indexShards,
    logger: loggerOf('expire'),
    now,
  });

  const audit = createDynamoDBAuditLog({ client, ...tables, retentionSeconds: operating.AUDIT_RETENTION_SECONDS });
  const operatorTasks = createOperatorTasks({
    store: createDynamoDBOperatorTaskStore({ client, ...tables, origin, audit, ...retries }),
    audit,
    askPolicy: null,
    registry,
    layout,
    now,
    randomId,
    retries,
  });
  const actingOf = (operator: SeedOperator, action: OperatorAction, taskId: string, reason: string): Acting => ({
    auditId: randomId(),
    operator: { sub: operator.sub, issuer: operating.IDP_ISSUER },
    action,
    target: taskId,
    isOnTask: true,
    reason,
    from: operator.from,
    requestId: randomUUID(),
  });
  const logAction = ({ action, operator, requestId, target }: Acting, refusal: Refusal | undefined) =>
    logged(
      action === 'reveal' ? 'reveal-payload' : 'operator-api',
      { requestId, operator: operator.sub, action, taskId: target, ...(refusal && { code: refusal.code }) },
      refusal === undefined ? [{ metric: 'OperatorActions', value: 1, by: action }] : [],
    );
  const note: SeedWorld['note'] = async (operator, action, { taskId }, reason, refusal) => {
    const acting = actingOf(operator, action, taskId, reason);
    await audit.append(auditEntryOf(acting, { now }, refusal?.code ?? 'done'));
    logAction(acting, refusal);
  };

  return {
    origin,

    open: async (application, request) => {
      const { task } = accept(await createTask(senderOf(application), request, undefined));
      logged('create-task', { taskId: task.taskId, application, processor: request.processor }, [
        { metric: 'TaskOpened', value: 1, by: application },
      ]);
      return { taskId: task.taskId, application, callbacks: task.callbacks ?? {} };
    },

    call: async (callback, { body, contentType = 'application/json', from }) => {
      if (callback === undefined) throw new Error('The task has no such callback.');
      const { host, pathname: path, port } = new URL(callback.url);
      const request = {
        method: 'POST',
        target: path,
        path,
        query: '',
        host,
        headers: [
          ['host', host],
          ['content-type', contentType],
          ...(callback.token === undefined ? [] : ([['authorization', `Bearer ${callback.token}`]] as const)),
        ] as const,
        clientAddress: from,
      };
      const options = { targetGroupArn: '', port: Number(port), traceId: `Root=${randomUUID()}`, addedHeaders: {} };
      const event = toLambdaEvent(request, Buffer.from(body), options);
      const { statusCode } = await receive(event, { awsRequestId: randomUUID() });
      return statusCode;
    },

    reissue: async ({ application, taskId }) => {
      const { task } = accept(await reissueCallbacks(senderOf(application), taskId, {}));
      return { taskId, application, callbacks: task.callbacks ?? {} };
    },

    reopen: async ({ application, taskId }, reason) => {
      const { task } = accept(await reopenTask(senderOf(application), taskId, { reason }));
      return { taskId, application, callbacks: task.callbacks ?? {} };
    },

    cancel: async ({ application, taskId }) => {
      accept(await senderTasks.cancel(senderOf(application), taskId));
    },

    expire: async () => {
      await expirer(() => Number.POSITIVE_INFINITY);
      lastRun = now();
    },

    act: async (operator, action, task, reason, { revision } = {}) => {
      const view = accept(await operatorTasks.read(task.taskId));
      const quarantineId = view.quarantine?.[0]?.id ?? '';
      const acting = actingOf(operator, action, task.taskId, reason);
      const request = { action, taskId: task.taskId, revision: revision ?? view.revision, quarantineId };
      const done = await operatorTasks.act(request, acting);
      if (isRefusal(done)) {
        await note(operator, action, task, reason, done);
        return done;
      }
      logAction(acting, undefined);
      return undefined;
    },

    note,

    close: () => client.destroy(),
  };
};

/** @throws {Error} for a refusal, which would be a mistake of the story */
const accept = <T>(outcome: T | Refusal): T => {
  if (isRefusal(outcome)) throw new Error(`The seed data cannot be made: ${outcome.code}, ${outcome.reason}.`);
  return outcome;
};

/** A key for the tokens of the story. */
const makeKey = (): { readonly signer: TokenSigner; readonly keys: VerificationKeys } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    signer: {
      alg: 'ES256',
      kid: thumbprintOf(publicKey.export({ format: 'jwk' })),
      sign: async (input) => sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    },
    keys: {
      refresh: () => {},
      find: async () => ({ alg: 'ES256', key: publicKey, maySignAt: () => true }),
    },
  };
};
