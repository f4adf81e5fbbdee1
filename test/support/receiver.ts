import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { DEFAULT_APPLICATION } from '../../lambda/contract/applications.ts';
import { CAPABILITY_NAMES, type Capability, callbackPath } from '../../lambda/contract/capabilities.ts';
import type { CallbackTokenClaims } from '../../lambda/contract/claims.ts';
import {
  CLOCK_TOLERANCE_SECONDS,
  INDEX_SHARDS,
  INLINE_LIMIT_BYTES,
  NEVER,
  QUARANTINE_LIMIT,
} from '../../lambda/contract/limits.ts';
import type { CheckedProofName } from '../../lambda/contract/proofs.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import type { PublicSigningKey } from '../../lambda/contract/signing-keys.ts';
import { applicationShardKey, createdKey, jtiKey, searchShardKey } from '../../lambda/contract/tables.ts';
import type { JtiItem, TaskItem, TaskLayout } from '../../lambda/contract/task.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { CompiledSchema, Schemas } from '../../lambda/functions/receive/checks/json-schema.ts';
import type { LoadProofVerifier } from '../../lambda/functions/receive/checks/proof/check-proof.ts';
import { createDynamoDBProofRecords } from '../../lambda/functions/receive/checks/proof/dynamodb-records.ts';
import type { CreateProof, ProofContext, ProofVerifier } from '../../lambda/functions/receive/checks/proof/proof.ts';
import { measureCallback } from '../../lambda/functions/receive/outcome.ts';
import { createReceiver } from '../../lambda/functions/receive/receive-callback.ts';
import { createDynamoDBCallbackStore } from '../../lambda/functions/receive/store/dynamodb-callback-store.ts';
import type { PayloadStore } from '../../lambda/functions/receive/store/payload-store.ts';
import { type CallDynamoDB, createDynamoDBClient } from '../../lambda/shared/aws/dynamodb.ts';
import type { TokenDecrypter } from '../../lambda/shared/callback-token/token-decrypter.ts';
import { createTokenVerifier } from '../../lambda/shared/callback-token/verify.ts';
import { serve } from '../../lambda/shared/http/serve.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import type { Policy } from '../../lambda/shared/policy/policy.ts';
import {
  createVerificationKeys,
  type VerificationKeysOptions,
} from '../../lambda/shared/signing-keys/verification-keys.ts';
import { completeTask, trimTask } from '../../lambda/shared/tables/complete-task.ts';
import { searchDigest, shardOf, shortCodeLookupKey } from '../../lambda/shared/tables/hashed-keys.ts';
import { proofEntry } from '../../lib/functions/bundles.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { type Delivered, read } from './delivered.ts';
import { LOCAL_ENVIRONMENT, type TestStore } from './engine.ts';
import { PATIENT_CALLS } from './patience.ts';
import { REGISTRY } from './registry.ts';
import { aJti, aToken, claimsOf, NOW, ORIGIN, type SigningKey } from './tokens.ts';
import { verificationKeysOf } from './verification-keys.ts';

export interface ReceiverFixture {
  /** Delivers a callback as an event of the load balancer. @default body a short text */
  deliver(event: EventOverrides): Promise<Delivered>;
  /** Invokes the handler with any event. */
  invoke(event: unknown): Promise<Delivered>;
  /** Every line written so far. */
  readonly lines: Record<string, unknown>[];
  /** Values counted so far: `CallbackAccepted`, `CallbackAccepted/acme-ocr`, … */
  counts(): Record<string, number>;
  /** Sets the clock, in seconds since 1970. */
  at(seconds: number): void;
}

export interface ReceiverFixtureOptions {
  readonly store: TestStore;
  readonly keys: readonly SigningKey[];
  /** Reads the keys as the function does, each minute of the receiver's clock. @default `keys` stay as they are */
  readonly readKeys?: () => Promise<readonly PublicSigningKey[]>;
  /** Keys of KMS that are accepted beside those that `readKeys` returns. @default none */
  readonly kmsKeys?: VerificationKeysOptions['kmsKeys'];
  readonly registry?: Registry;
  /** The client's endpoint. @default the engine itself */
  readonly endpoint?: string;
  /** True if the client has the function's own timeouts, for tests of a store that never answers. */
  readonly timeLimited?: boolean;
  /**
   * True if conflicts are retried without a time limit.
   * @default true with the engine itself as endpoint, false with a proxy
   */
  readonly patient?: boolean;
  /** Replaces the receiver's own client. */
  readonly dynamodb?: CallDynamoDB;
  /** @default no payload bucket */
  readonly payloads?: PayloadStore;
  readonly inlineLimit?: number;
  /** @default 'current' */
  readonly layout?: TaskLayout;
  readonly quarantineLimit?: number;
  /** @default no decrypter, no policies */
  readonly decrypter?: () => TokenDecrypter;
  readonly policy?: () => Policy;
  /** Environment variables that proofs read. */
  readonly variables?: Partial<Variables<'receive'>>;
}

/** The receiver as its handler composes it, on a real engine, with a clock that stands still. */
export const aReceiver = (options: ReceiverFixtureOptions): ReceiverFixture => {
  const { store, keys, registry = REGISTRY, endpoint = store.endpoint } = options;
  const { patient = endpoint === store.endpoint } = options;
  let now = NOW;
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(
    'test',
    'receive',
    (line) => lines.push(JSON.parse(line)),
    () => now * 1000,
  );
  const dynamodb =
    options.dynamodb ??
    createDynamoDBClient({
      environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: endpoint },
      ...(!options.timeLimited && { limits: PATIENT_CALLS }),
    });
  const receive = createReceiver({
    registry,
    verifier: createTokenVerifier({
      origin: ORIGIN,
      registry,
      keys:
        options.readKeys === undefined
          ? verificationKeysOf(keys)
          : createVerificationKeys({ read: options.readKeys, kmsKeys: options.kmsKeys ?? null, now: () => now * 1000 }),
    }),
    store: createDynamoDBCallbackStore({
      dynamodb,
      ...(patient && { clock: () => 0 }),
      tasksTable: store.tasksTable,
      jtiTable: store.jtiTable,
      lookupsTable: store.lookupsTable,
      layout: options.layout ?? 'current',
      wait,
      random: Math.random,
    }),
    loadProofVerifier: createProofLoader({
      variables: { POSTERN_ORIGIN: ORIGIN, ...options.variables } as Variables<'receive'>,
      records: createDynamoDBProofRecords(dynamodb, store),
      now: () => now * 1000,
    }),
    decrypter: options.decrypter ?? null,
    policy: options.policy ?? null,
    payloads: () => {
      if (options.payloads === undefined) throw new Error('This test has no payload bucket.');
      return options.payloads;
    },
    inlineLimit: options.inlineLimit ?? INLINE_LIMIT_BYTES.default,
    quarantineLimit: options.quarantineLimit ?? QUARANTINE_LIMIT.default,
    schemas: () => compileSchemas(registry),
    logger,
    now: () => now * 1000,
  });
  const handler = serve({ owner: 'receive', origin: ORIGIN, logger, handle: receive, measure: measureCallback });
  const invoke = async (event: unknown) => read(await handler(event, { awsRequestId: randomUUID() }));
  return {
    invoke,
    deliver: (event) => invoke(anAlbEvent({ body: 'a result', ...event })),
    lines,
    counts: () => countsOf(lines),
    at: (seconds) => {
      now = seconds;
    },
  };
};

/** The code of proofs, from the sources that their files are made of. */
const createProofLoader = (context: ProofContext): LoadProofVerifier => {
  const loaded = new Map<CheckedProofName, ProofVerifier>();
  return async (name) => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const { createProof } = (await import(/* @vite-ignore */ `../../${proofEntry(name)}`)) as {
      readonly createProof: CreateProof;
    };
    const verifier = createProof(context);
    loaded.set(name, verifier);
    return verifier;
  };
};

const compileSchemas = (registry: Registry): Schemas =>
  Object.fromEntries(
    Object.values(registry).flatMap(({ id, schema }) =>
      schema === undefined ? [] : [[id, new Ajv2020().compile(schema) as CompiledSchema]],
    ),
  );

/** Sums embedded metrics by name, and by name and second dimension. */
export const countsOf = (lines: readonly Record<string, unknown>[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const directives = (line._aws as { CloudWatchMetrics: EmbeddedDirective[] } | undefined)?.CloudWatchMetrics ?? [];
    for (const { Dimensions, Metrics } of directives) {
      for (const { Name } of Metrics) {
        for (const set of Dimensions) {
          const key = [Name, ...set.slice(1).map((dimension) => line[dimension])].join('/');
          counts[key] = (counts[key] ?? 0) + (line[Name] as number);
        }
      }
    }
  }
  return counts;
};

interface EmbeddedDirective {
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

/** A pending task with a token for each capability, put the way `create-task` puts it. */
export const putTask = async (
  store: TestStore,
  key: SigningKey,
  overrides: Partial<TaskItem> = {},
  claims: Record<string, unknown> = {},
): Promise<OpenTask> => {
  const taskId = overrides.taskId ?? `task-${randomUUID()}`;
  const processor = overrides.processor ?? 'acme-ocr';
  const jtis = { result: aJti(), failure: aJti(), progress: aJti(), upload: aJti() };
  const maxUses = { result: 1, failure: 1, progress: 5, upload: 3 };
  const createdAt = overrides.createdAt ?? new Date(NOW * 1000).toISOString();
  const shard = overrides.shard ?? shardOf(taskId, INDEX_SHARDS.default);
  const { application = DEFAULT_APPLICATION, owner, resource = 'invoice-77' } = overrides;
  const exp = NOW + 3_600;
  const item: TaskItem = {
    taskId,
    application,
    status: 'pending',
    processor,
    resource,
    openedBy: 'local-sender',
    carrier: 'path',
    createdAt,
    expiresAt: new Date(exp * 1000).toISOString(),
    deadline: exp + CLOCK_TOLERANCE_SECONDS,
    heartbeatDeadline: NEVER,
    callbacks: Object.fromEntries(
      CAPABILITY_NAMES.map((capability) => [capability, { jti: jtis[capability], maxUses: maxUses[capability] }]),
    ),
    shard,
    createdKey: createdKey(createdAt, taskId),
    applicationShard: applicationShardKey(application, shard),
    resourceShard: searchShardKey(application, shard, searchDigest(resource)),
    ...(owner !== undefined && { ownerShard: searchShardKey(application, shard, searchDigest(owner)) }),
    due: exp + CLOCK_TOLERANCE_SECONDS,
    uploads: {},
    quarantine: {},
    history: [{ at: createdAt, status: 'pending' }],
    sequence: 1,
    revision: 1,
    change: 'opened',
    changedAt: createdAt,
    purgeAt: exp + 86_400,
    ...overrides,
  };
  await store.client.send(
    new PutItemCommand({
      TableName: store.tasksTable,
      Item: marshall({ ...trimTask(item), ...overrides }, { removeUndefinedValues: true }),
    }),
  );
  const claimsFor = (capability: Capability) =>
    claimsOf({ sub: processor, jti: jtis[capability], max_uses: maxUses[capability], ...claims }, capability, taskId);
  const tokens = await Promise.all(CAPABILITY_NAMES.map(async (name) => [name, await aToken(key, claimsFor(name))]));
  return {
    taskId,
    jtis,
    tokens: Object.fromEntries(tokens),
    claims: claimsFor,
    path: (capability) => callbackPath(capability, taskId),
  };
};

export interface OpenTask {
  readonly taskId: string;
  readonly jtis: Readonly<Record<Capability, string>>;
  readonly tokens: Readonly<Record<Capability, string>>;
  /** Claims of its tokens. */
  claims(capability: Capability): CallbackTokenClaims;
  path(capability: Capability): string;
}

/** A short code for a task's callback, written down the way `create-task` does. */
export const putCode = async (store: TestStore, task: OpenTask, capability: Capability): Promise<string> => {
  const code = randomBytes(16).toString('base64url');
  const claims = task.claims(capability);
  const item = {
    lookupKey: shortCodeLookupKey(code),
    claims: JSON.stringify(claims),
    taskId: task.taskId,
    expiresAt: claims.exp,
  };
  await store.client.send(new PutItemCommand({ TableName: store.lookupsTable, Item: marshall(item) }));
  return code;
};

/** Attributes that a task may lack, because they follow from others. */
const IMPLIED = ['callbacks', 'revoked', 'failure', 'result', 'heartbeatDeadline', 'history', 'uploads'] as const;

/** Reads a whole task as functions see it. */
export const readTask = async (store: TestStore, taskId: string): Promise<TaskItem | undefined> => {
  const { Item } = await store.client.send(
    new GetItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: taskId } }, ConsistentRead: true }),
  );
  return Item && (completeTask(unmarshall(Item), IMPLIED) as TaskItem);
};

export const readUse = async (store: TestStore, jti: string): Promise<JtiItem | undefined> => {
  const { Item } = await store.client.send(
    new GetItemCommand({ TableName: store.jtiTable, Key: { jti: { S: jtiKey(ORIGIN, jti) } }, ConsistentRead: true }),
  );
  return Item && (unmarshall(Item) as JtiItem);
};
