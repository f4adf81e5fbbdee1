import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { OperatorAction } from '../../lambda/contract/audit.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { AUDIT_RETENTION_SECONDS } from '../../lambda/contract/operator-limits.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import type { TaskLayout } from '../../lambda/contract/task.ts';
import type { GetMetricData } from '../../lambda/shared/aws/cloudwatch.ts';
import { createOperatorTasks } from '../../lambda/shared/operator/act-on-task.ts';
import { createAskOperatorPolicy } from '../../lambda/shared/operator/ask-operator-policy.ts';
import { createDynamoDBAuditLog } from '../../lambda/shared/operator/audit-log.ts';
import { createDynamoDBAuditReader } from '../../lambda/shared/operator/audit-reader.ts';
import type { DeadLetters } from '../../lambda/shared/operator/dead-letters.ts';
import { createDynamoDBDispatchIndex } from '../../lambda/shared/operator/dynamodb-dispatch-index.ts';
import { createDynamoDBOperatorTaskStore } from '../../lambda/shared/operator/dynamodb-operator-task-store.ts';
import { createDynamoDBTaskIndex } from '../../lambda/shared/operator/dynamodb-task-index.ts';
import { createSumMetrics } from '../../lambda/shared/operator/metric-sums.ts';
import type { OperatorServices } from '../../lambda/shared/operator/operator-services.ts';
import {
  createProcessorDispatch,
  type ProcessorDispatchOptions,
} from '../../lambda/shared/operator/processor-dispatch.ts';
import { createProcessorOperations } from '../../lambda/shared/operator/processor-operations.ts';
import { createDynamoDBProcessorPauses } from '../../lambda/shared/operator/processor-pauses.ts';
import { createRedriveLetters, type StartRedrive } from '../../lambda/shared/operator/redrive-letters.ts';
import { createDynamoDBSigningKeyStore } from '../../lambda/shared/operator/signing-key-store.ts';
import { createSigningKeys, type SigningKeysOptions } from '../../lambda/shared/operator/signing-keys.ts';
import type { Policy } from '../../lambda/shared/policy/policy.ts';
import { refuse } from '../../lambda/shared/refusal.ts';
import type { TestStore } from './engine.ts';
import { REGISTRY } from './registry.ts';
import { ORIGIN } from './tokens.ts';

export interface OperatorServicesFixtureOptions {
  readonly store: TestStore;
  readonly disabledActions?: readonly OperatorAction[];
  readonly registry?: Registry;
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
  /** Invocation of the function `dispatch`. @default succeeds */
  readonly startSweep?: ProcessorDispatchOptions['startSweep'];
  /** @default keys of the table sign, and the function that rotates them can be invoked */
  readonly signingKeys?: Partial<Omit<SigningKeysOptions, 'store' | 'audit' | 'now'>>;
}

/** An environment without dead-letter queues. */
const NO_DEAD_LETTERS: DeadLetters = {
  list: async () => [],
  check: async () => refuse('queue_unknown', 'no queues'),
};

/**
 * What operators read and do, except the overview, on the tables of the engine, as `createOperatorServices` makes it from variables.
 * @param now milliseconds since 1970
 */
export const operatorServicesOf = (
  options: OperatorServicesFixtureOptions,
  now: () => number,
): Omit<OperatorServices, 'overview'> => {
  const { deadLetters = NO_DEAD_LETTERS, isProtected = false, policy, registry = REGISTRY, store } = options;
  const client = options.dynamodb ?? store.client;
  const randomId = () => randomBytes(16).toString('base64url');
  const retries = { wait, random: Math.random, clock: () => 0 };
  const retentionSeconds = AUDIT_RETENTION_SECONDS.default;
  const audit = createDynamoDBAuditLog({ client, auditTable: store.auditTable, retentionSeconds });
  const askPolicy = policy === undefined ? null : createAskOperatorPolicy({ policy, isProtected });
  const start: StartRedrive = options.startRedrive ?? (async () => {});
  const indexShards = options.indexShards ?? INDEX_SHARDS.default;
  const signingKeys = createSigningKeys({
    store: createDynamoDBSigningKeyStore({ client, signingKeysTable: store.signingKeysTable, ...retries }),
    audit,
    isRotating: true,
    readKmsKeys: async () => [],
    startRotation: async () => {},
    onNotStarted: () => {},
    now,
    ...options.signingKeys,
  });
  return {
    registry,
    disabledActions: options.disabledActions ?? [],
    audit,
    askPolicy,
    now,
    randomId,
    tasks: createOperatorTasks({
      store: createDynamoDBOperatorTaskStore({
        client,
        tasksTable: store.tasksTable,
        jtiTable: store.jtiTable,
        lookupsTable: store.lookupsTable,
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
      applications: [...(options.applications ?? ['default'])],
      signingKeys,
      indexShards,
    },
    auditList: { audit: createDynamoDBAuditReader({ client, auditTable: store.auditTable }), retentionSeconds },
    deadLetters,
    redriveLetters: createRedriveLetters({ deadLetters, start, audit, askPolicy, now }),
    signingKeys,
    processorDispatch: createProcessorDispatch({
      registry,
      index: createDynamoDBDispatchIndex({ client, tasksTable: store.tasksTable, indexShards }),
      pauses: createDynamoDBProcessorPauses({ client, lookupsTable: store.lookupsTable, audit, ...retries }),
      audit,
      askPolicy,
      sumMetrics: createSumMetrics(options.getMetricData ?? (async () => ({})), 'test', 3_600),
      startSweep: options.startSweep ?? (async () => {}),
      onNotStarted: () => {},
      now,
      retries,
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
      signingKeys,
      getMetricData: options.getMetricData ?? (async () => ({})),
      environment: 'test',
      startWorker: options.startWorker ?? (async () => {}),
      onNotStarted: () => {},
      randomId,
      now,
    }),
  };
};
