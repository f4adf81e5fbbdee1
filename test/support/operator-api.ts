import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AUDIT_RETENTION_SECONDS, INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import type { TaskLayout } from '../../lambda/contract/task.ts';
import {
  createOperatorApiEndpoint,
  type OperatorApiEndpointOptions,
} from '../../lambda/functions/operator-api/endpoint.ts';
import type { AccessTokenVerifier } from '../../lambda/shared/access-token/access-token.ts';
import type { GetMetricData } from '../../lambda/shared/aws/cloudwatch.ts';
import { countRequests } from '../../lambda/shared/aws/dynamodb-sdk.ts';
import { serve } from '../../lambda/shared/http/serve.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { createOperatorTasks } from '../../lambda/shared/operator/act-on-task.ts';
import { measureAction } from '../../lambda/shared/operator/answer-action.ts';
import { createAskOperatorPolicy } from '../../lambda/shared/operator/ask-operator-policy.ts';
import { createDynamoDBAuditLog } from '../../lambda/shared/operator/audit-log.ts';
import { createDynamoDBAuditReader } from '../../lambda/shared/operator/audit-reader.ts';
import type { DeadLetters } from '../../lambda/shared/operator/dead-letters.ts';
import { createDynamoDBOperatorTaskStore } from '../../lambda/shared/operator/dynamodb-operator-task-store.ts';
import { createDynamoDBTaskIndex } from '../../lambda/shared/operator/dynamodb-task-index.ts';
import { createProcessorOperations } from '../../lambda/shared/operator/processor-operations.ts';
import { createRedriveLetters, type StartRedrive } from '../../lambda/shared/operator/redrive-letters.ts';
import { createDynamoDBSigningKeyStore } from '../../lambda/shared/operator/signing-key-store.ts';
import { createSigningKeys, type SigningKeysOptions } from '../../lambda/shared/operator/signing-keys.ts';
import type { Policy } from '../../lambda/shared/policy/policy.ts';
import { refuse } from '../../lambda/shared/refusal.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { type Delivered, read } from './delivered.ts';
import type { TestStore } from './engine.ts';
import type { TestIdentityProvider } from './identity-provider.ts';
import { patiently } from './patience.ts';
import { REGISTRY } from './registry.ts';
import type { SenderWorld } from './sender-world.ts';
import { NOW, ORIGIN } from './tokens.ts';

/** The operator API as its handler composes it, with a clock that stands still. */
export interface OperatorApiFixture {
  /** Sends a request with an access token; the headers may say otherwise. */
  send(accessToken: string, event: EventOverrides): Promise<Delivered>;
  /** Every line written so far. */
  readonly lines: Record<string, unknown>[];
  /** Sets the clock, in milliseconds since 1970. */
  at(milliseconds: number): void;
}

export interface OperatorApiFixtureOptions
  extends Partial<Pick<OperatorApiEndpointOptions, 'disabledActions' | 'registry' | 'roles'>> {
  readonly store: TestStore;
  readonly verifier: Pick<AccessTokenVerifier, 'authenticate'>;
  /** @default the engine itself */
  readonly dynamodb?: DynamoDBClient;
  readonly applications?: readonly string[];
  readonly indexShards?: number;
  /** @default 'current' */
  readonly layout?: TaskLayout;
  readonly policy?: () => Policy;
  readonly isProtected?: boolean;
  /** @default there are no queues */
  readonly deadLetters?: DeadLetters;
  readonly startRedrive?: StartRedrive;
  /** @default no metric has a value */
  readonly getMetricData?: GetMetricData;
  /** @default succeeds */
  readonly startWorker?: () => Promise<void>;
  /** @default keys of the table sign, and the function that rotates them can be invoked */
  readonly signingKeys?: Partial<Omit<SigningKeysOptions, 'store' | 'audit' | 'now'>>;
}

/** An environment without dead-letter queues. */
const NO_DEAD_LETTERS: DeadLetters = {
  list: async () => [],
  check: async () => refuse('queue_unknown', 'no queues'),
};

export const anOperatorApi = (options: OperatorApiFixtureOptions): OperatorApiFixture => {
  const { deadLetters = NO_DEAD_LETTERS, isProtected = false, policy, registry = REGISTRY, store } = options;
  const client = options.dynamodb ?? store.client;
  let milliseconds = NOW * 1000;
  const now = () => milliseconds;
  const randomId = () => randomBytes(16).toString('base64url');
  const lines: Record<string, unknown>[] = [];
  const retries = { wait, random: Math.random, clock: () => 0 };
  const retentionSeconds = AUDIT_RETENTION_SECONDS.default;
  const audit = createDynamoDBAuditLog({ client, auditTable: store.auditTable, retentionSeconds });
  const askPolicy = policy === undefined ? null : createAskOperatorPolicy({ policy, isProtected });
  const start: StartRedrive = options.startRedrive ?? (async () => {});
  const indexShards = options.indexShards ?? INDEX_SHARDS.default;
  const handler = serve({
    owner: 'operator-api',
    origin: ORIGIN,
    logger: createLogger('test', 'operator-api', (line) => lines.push(JSON.parse(line))),
    handle: createOperatorApiEndpoint({
      verifier: options.verifier,
      roles: options.roles ?? USERINFO_ROLES,
      disabledActions: options.disabledActions ?? [],
      registry,
      audit,
      tasks: createOperatorTasks({
        store: createDynamoDBOperatorTaskStore({
          client,
          tasksTable: store.tasksTable,
          jtiTable: store.jtiTable,
          origin: ORIGIN,
          audit,
          ...retries,
        }),
        audit,
        askPolicy,
        registry,
        layout: options.layout ?? 'current',
        now,
        randomId,
        retries,
      }),
      taskLists: {
        index: createDynamoDBTaskIndex({
          client,
          tasksTable: store.tasksTable,
          lookupsTable: store.lookupsTable,
          ...retries,
        }),
        applications: options.applications ?? ['default'],
        indexShards,
      },
      auditList: { audit: createDynamoDBAuditReader({ client, auditTable: store.auditTable }), retentionSeconds },
      deadLetters,
      redriveLetters: createRedriveLetters({ deadLetters, start, audit, askPolicy, now }),
      signingKeys: createSigningKeys({
        store: createDynamoDBSigningKeyStore({ client, signingKeysTable: store.signingKeysTable, ...retries }),
        audit,
        isRotating: true,
        readKmsKeys: async () => [],
        startRotation: async () => {},
        onNotStarted: () => {},
        now,
        ...options.signingKeys,
      }),
      processorOperations: createProcessorOperations({
        client,
        tasksTable: store.tasksTable,
        lookupsTable: store.lookupsTable,
        auditTable: store.auditTable,
        auditRetention: retentionSeconds,
        indexShards,
        ...retries,
        registry,
        getMetricData: options.getMetricData ?? (async () => ({})),
        environment: 'test',
        startWorker: options.startWorker ?? (async () => {}),
        onNotStarted: () => {},
        randomId,
        now,
      }),
      askPolicy,
      now,
      randomId,
    }),
    measure: measureAction,
  });
  return {
    lines,
    at: (next) => {
      milliseconds = next;
    },
    send: async (accessToken, { headers, ...event }) =>
      read(
        await handler(anAlbEvent({ ...event, headers: { authorization: `Bearer ${accessToken}`, ...headers } }), {
          awsRequestId: randomUUID(),
        }),
      ),
  };
};

/** Access tokens of operators, by what they may do. */
export const operatorTokens = async (idp: TestIdentityProvider) => {
  const tokenOf = (sub: string, roles: readonly string[], scope = 'operator_read operator_write') =>
    idp.accessToken({ sub, client_id: 'console', jti: sub, roles, scope });
  return {
    acting: await tokenOf('ada', ['operator']),
    reading: await tokenOf('rita', ['operator_read']),
    payloadOnly: await tokenOf('pia', ['operator_payload']),
    nobody: await tokenOf('nobody', []),
    readScope: await tokenOf('ada', ['operator'], 'operator_read'),
    writeScope: await tokenOf('ada', ['operator'], 'operator_write'),
  };
};

/** The operator API on the tables of a sender's world. */
export const operatorApiOf = (world: SenderWorld, more: Partial<OperatorApiFixtureOptions> = {}): OperatorApiFixture =>
  anOperatorApi({
    store: world.store,
    verifier: world.idp.verifier(),
    dynamodb: countRequests(world.store.connect(patiently({ endpoint: world.dynamodb.endpoint, maxAttempts: 4 }))),
    ...more,
  });
