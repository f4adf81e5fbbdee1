import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Applications, DEFAULT_APPLICATION, INVOCATION_ALIAS_PREFIX } from '../../lambda/contract/applications.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import type { TaskWithCallbacks } from '../../lambda/contract/sender-api.ts';
import type { TaskLayout } from '../../lambda/contract/task.ts';
import type { EncryptionKey } from '../../lambda/contract/token-encryption.ts';
import { createTaskCreator } from '../../lambda/functions/create-task/create-task.ts';
import { createDynamoDBTaskCreationStore } from '../../lambda/functions/create-task/dynamodb-task-creation-store.ts';
import { createTaskCreationEndpoint, measureTaskCreation } from '../../lambda/functions/create-task/endpoint.ts';
import {
  createHandler,
  createInvocationHandler,
  type LambdaContext,
} from '../../lambda/functions/create-task/invocation.ts';
import { createIssueCallbacks } from '../../lambda/functions/create-task/issue-callbacks.ts';
import { createOpenTask } from '../../lambda/functions/create-task/open-task.ts';
import { createPendingLimit } from '../../lambda/functions/create-task/pending-limit.ts';
import { createReissuer } from '../../lambda/functions/create-task/reissue-callbacks.ts';
import { createReopener } from '../../lambda/functions/create-task/reopen-task.ts';
import { createAgainSender } from '../../lambda/functions/create-task/send-again.ts';
import { createResumeTokenEncrypter } from '../../lambda/functions/create-task/waiting-workflow.ts';
import { createDynamoDBSenderTaskStore } from '../../lambda/functions/tasks/dynamodb-sender-task-store.ts';
import { createTasksEndpoint } from '../../lambda/functions/tasks/endpoint.ts';
import { createSenderTasks } from '../../lambda/functions/tasks/sender-tasks.ts';
import type { AccessTokenVerifier } from '../../lambda/shared/access-token/access-token.ts';
import { createFindApplication } from '../../lambda/shared/access-token/applications.ts';
import type { CallDynamoDB } from '../../lambda/shared/aws/dynamodb.ts';
import type { JsonCall } from '../../lambda/shared/aws/json-client.ts';
import { createEncrypt } from '../../lambda/shared/aws/kms-encrypt.ts';
import { createGenerateMac } from '../../lambda/shared/aws/kms-mac.ts';
import { createTokenEncrypter } from '../../lambda/shared/callback-token/encrypt.ts';
import { createCallbackIssuer } from '../../lambda/shared/callbacks/callback-issuer.ts';
import { configuredSigner, type SigningVariables } from '../../lambda/shared/callbacks/configured-signer.ts';
import { createKmsShortCodes } from '../../lambda/shared/callbacks/short-code.ts';
import type { AlbResult } from '../../lambda/shared/http/alb.ts';
import { serve } from '../../lambda/shared/http/serve.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { createAskSenderPolicy } from '../../lambda/shared/policy/ask-sender-policy.ts';
import type { Policy } from '../../lambda/shared/policy/policy.ts';
import { measureForeignTask } from '../../lambda/shared/tables/owned-task.ts';
import type { PayloadUrls } from '../../lambda/shared/tables/payload-urls.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { onlyDefault } from './applications.ts';
import { type Delivered, read } from './delivered.ts';
import { REGISTRY } from './registry.ts';
import { NOW, ORIGIN } from './tokens.ts';

/** A function of the sender API as its handler composes it, with a clock that stands still. */
export interface SenderFunction {
  /** Sends a request with the access token that the fixture was made with, unless the headers say otherwise. */
  send(event: EventOverrides): Promise<Delivered>;
  /** Every line written so far. */
  readonly lines: Record<string, unknown>[];
  /** Sets the clock, in milliseconds since 1970. */
  at(milliseconds: number): void;
}

/** `create-task`, which applications may also invoke. */
export interface OpenFunction extends SenderFunction {
  /** @param payload a value of JSON. @param alias the alias that the caller invokes. @default the target of the application `default` */
  invoke(payload: unknown, alias?: string): Promise<Invoked>;
}

export interface TasksFunctionOptions {
  readonly verifier: Pick<AccessTokenVerifier, 'verify'>;
  readonly accessToken: string;
  readonly dynamodb: DynamoDBClient;
  readonly tasksTable: string;
  readonly abbreviations?: boolean;
  /** @default REGISTRY */
  readonly registry?: Registry;
  /** @default the application `default`, with every client and every processor */
  readonly applications?: Applications;
  /** @default no policy */
  readonly policy?: () => Policy;
  /** Tries again for as long as others come first, where a test is about who does and not about time limits. */
  readonly patient?: boolean;
  /** @default INDEX_SHARDS.default */
  readonly indexShards?: number;
  /** @default 'current' */
  readonly layout?: TaskLayout;
  /** Client of the payload bucket. @default no bucket */
  readonly payloadUrls?: PayloadUrls;
}

export interface OpenFunctionOptions extends Omit<TasksFunctionOptions, 'dynamodb'> {
  readonly dynamodb: CallDynamoDB;
  readonly kms: JsonCall;
  /** The way to sign, as the function's variables say it. */
  readonly signing: SigningVariables;
  /** Client for the list of signing keys. @default the client of everything else */
  readonly keysCall?: CallDynamoDB;
  /** ARN of the HMAC key that short codes are derived with. */
  readonly codeKeyId: string;
  readonly lookupsTable: string;
  /** ARN of the key that encrypts the tokens of workflows. @default no application may resume one */
  readonly resumeKeyId?: string;
  /** @default no encryption */
  readonly encryptionKey?: EncryptionKey;
  readonly ownerClaim?: boolean;
  /** Ids of tasks, tokens and quarantined deliveries. @default random */
  readonly randomId?: () => string;
  /** @default RETENTION */
  readonly retentionSeconds?: number;
}

/** Retention of the fixture, in seconds. */
export const RETENTION = 86_400;

export const anOpenFunction = (options: OpenFunctionOptions): OpenFunction => {
  const clock = aClock();
  const logger = aLogger('create-task');
  const randomId = options.randomId ?? (() => randomBytes(16).toString('base64url'));
  const retries = { wait, random: Math.random, ...(options.patient && { clock: () => 0 }) };
  const indexShards = options.indexShards ?? INDEX_SHARDS.default;
  const store = createDynamoDBTaskCreationStore({
    dynamodb: options.dynamodb,
    tasksTable: options.tasksTable,
    lookupsTable: options.lookupsTable,
    indexShards,
    ...retries,
  });
  const opening = {
    registry: options.registry ?? REGISTRY,
    retentionSeconds: options.retentionSeconds ?? RETENTION,
    askPolicy: createAskSenderPolicy(options.policy ?? null, false),
    issuer: createCallbackIssuer({
      origin: ORIGIN,
      ownerClaim: options.ownerClaim ?? false,
      signer: configuredSigner(options.signing, {
        dynamodb: options.keysCall ?? options.dynamodb,
        kms: options.kms,
        now: clock.now,
      }),
      encrypt: createTokenEncrypter(options.encryptionKey),
      deriveCode: createKmsShortCodes(createGenerateMac(options.kms), options.codeKeyId),
      randomId,
    }),
    store,
    now: clock.now,
    randomId,
  };
  const issuing = { ...opening, issueCallbacks: createIssueCallbacks(opening), retries };
  const abbreviations = options.abbreviations ?? false;
  const applications = options.applications ?? onlyDefault(options.registry);
  const openTask = createOpenTask({
    createTask: createTaskCreator({
      ...opening,
      indexShards,
      layout: options.layout ?? 'current',
      pendingLimit: createPendingLimit({ store, now: clock.now }),
      encryptResumeToken:
        options.resumeKeyId === undefined
          ? null
          : createResumeTokenEncrypter(createEncrypt(options.kms), options.resumeKeyId, 'test'),
      retries,
    }),
    abbreviations,
  });
  const handler = createHandler(
    serve({
      owner: 'create-task',
      origin: ORIGIN,
      logger: logger.logger,
      handle: createTaskCreationEndpoint({
        origin: ORIGIN,
        verifier: options.verifier,
        findApplication: createFindApplication(applications),
        openTask,
        reissue: createReissuer(issuing),
        reopen: createReopener(issuing),
        sendAgain: createAgainSender(issuing),
        abbreviations,
      }),
      measure: measureTaskCreation,
    }),
    createInvocationHandler({ origin: ORIGIN, applications, openTask, abbreviations, logger: logger.logger }),
  );
  return {
    send: sender(handler, options.accessToken),
    invoke: invoker(handler),
    lines: logger.lines,
    at: clock.set,
  };
};

/** What a caller of Lambda's `Invoke` gets. */
export type Invoked = { readonly answer: TaskWithCallbacks } | { readonly error: Error };

/** ARN by which a caller names the function, with or without an alias. */
const functionArn = (alias?: string): string =>
  ['arn:aws:lambda:eu-west-1:123456789012:function:open', alias].filter(Boolean).join(':');

const invoker =
  (handler: ReturnType<typeof createHandler>) =>
  async (payload: unknown, alias = `${INVOCATION_ALIAS_PREFIX}${DEFAULT_APPLICATION}`): Promise<Invoked> => {
    const context = { awsRequestId: randomUUID(), invokedFunctionArn: functionArn(alias) };
    try {
      const answer = await handler(payload, context);
      return { answer: JSON.parse(JSON.stringify(answer)) as TaskWithCallbacks };
    } catch (error) {
      return { error: error as Error };
    }
  };

export const aTasksFunction = (options: TasksFunctionOptions): SenderFunction => {
  const clock = aClock();
  const logger = aLogger('tasks');
  const retries = { wait, random: Math.random, ...(options.patient && { clock: () => 0 }) };
  const store = createDynamoDBSenderTaskStore({
    client: options.dynamodb,
    tasksTable: options.tasksTable,
    layout: options.layout ?? 'current',
    ...retries,
  });
  const handler = serve({
    owner: 'tasks',
    origin: ORIGIN,
    logger: logger.logger,
    handle: createTasksEndpoint({
      tasks: createSenderTasks({
        store,
        indexShards: options.indexShards ?? INDEX_SHARDS.default,
        payloadUrls: async () => {
          if (options.payloadUrls === undefined) throw new Error('This test has no payload bucket.');
          return options.payloadUrls;
        },
        now: clock.now,
        askPolicy: options.policy === undefined ? null : createAskSenderPolicy(options.policy, false),
        retries,
      }),
      findApplication: createFindApplication(options.applications ?? onlyDefault(options.registry)),
      verifier: options.verifier,
      abbreviations: options.abbreviations ?? false,
    }),
    measure: measureForeignTask,
  });
  return { send: sender(handler, options.accessToken), lines: logger.lines, at: clock.set };
};

const sender =
  (handler: (event: unknown, context: LambdaContext) => Promise<unknown>, accessToken: string) =>
  async ({ headers, ...event }: EventOverrides): Promise<Delivered> =>
    read(
      (await handler(anAlbEvent({ ...event, headers: { authorization: `Bearer ${accessToken}`, ...headers } }), {
        awsRequestId: randomUUID(),
        invokedFunctionArn: functionArn('live'),
      })) as AlbResult,
    );

const aClock = () => {
  let milliseconds = NOW * 1000;
  return {
    now: () => milliseconds,
    set: (next: number) => {
      milliseconds = next;
    },
  };
};

const aLogger = (name: string) => {
  const lines: Record<string, unknown>[] = [];
  return { lines, logger: createLogger('test', name, (line) => lines.push(JSON.parse(line))) };
};
