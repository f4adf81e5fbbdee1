import { randomBytes, randomUUID } from 'node:crypto';
import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AuditEntry } from '../../lambda/contract/audit.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import type { JobView } from '../../lambda/contract/operator-api.ts';
import { AUDIT_RETENTION_SECONDS } from '../../lambda/contract/operator-limits.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import type { TaskItem } from '../../lambda/contract/task.ts';
import { createDynamoDBJobStore } from '../../lambda/functions/revoke-callbacks/dynamodb-job-store.ts';
import { createDynamoDBTaskRevocations } from '../../lambda/functions/revoke-callbacks/dynamodb-task-revocations.ts';
import { createDynamoDBTaskSendings } from '../../lambda/functions/revoke-callbacks/dynamodb-task-sendings.ts';
import { createJobAudit } from '../../lambda/functions/revoke-callbacks/job-audit.ts';
import { createRevoker, type RevokerOptions } from '../../lambda/functions/revoke-callbacks/revoke-tasks.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { type BulkRevocations, createBulkRevocations } from '../../lambda/shared/operator/confirm-revocation.ts';
import { createDynamoDBPendingTasks } from '../../lambda/shared/operator/dynamodb-pending-tasks.ts';
import { createDynamoDBRevocationStore } from '../../lambda/shared/operator/dynamodb-revocation-store.ts';
import { createRevocationPlanner, type RevocationPlanner } from '../../lambda/shared/operator/plan-revocation.ts';
import { isRefusal } from '../../lambda/shared/refusal.ts';
import type { TestStore } from './engine.ts';
import { countsOf } from './receiver.ts';
import { REGISTRY } from './registry.ts';
import { NOW } from './tokens.ts';

/** Bulk revocations as the functions compose them, on a real engine, with a clock that waits move on. */
export interface BulkFixture extends BulkRevocations {
  readonly plan: RevocationPlanner;
  /** Plans and confirms in one step, and returns the id of the job. */
  start(processor?: string, reason?: string): Promise<string>;
  /** One run of the worker. */
  work(
    more?: Partial<RevokerOptions> & {
      readonly client?: Pick<DynamoDBClient, 'send'>;
      readonly remaining?: () => number;
    },
  ): Promise<void>;
  /** The job, which must exist. */
  job(jobId: string): Promise<JobView>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Moves the clock on. */
  pass(milliseconds: number): void;
  /** Waits of the workers so far, in milliseconds. */
  readonly waits: number[];
  /** Invocations of the worker so far. */
  readonly invocations: { count: number };
  counts(): Record<string, number>;
}

export const anAuditEntry = (overrides: Partial<AuditEntry> = {}): AuditEntry => ({
  id: randomBytes(16).toString('base64url'),
  at: new Date(NOW * 1000).toISOString(),
  operator: { sub: 'olga', issuer: 'https://idp.example.com' },
  action: 'revoke_all',
  target: 'acme-ocr',
  reason: 'their database leaked',
  from: '198.51.100.7',
  requestId: randomUUID(),
  outcome: 'done',
  ...overrides,
});

export interface BulkFixtureOptions {
  /** Tasks a second. @default 50 */
  readonly pace?: number;
  /** @default REGISTRY */
  readonly registry?: Registry;
  /** @default succeeds */
  readonly startWorker?: () => Promise<void>;
}

export const aBulkFixture = (
  store: TestStore,
  { pace, registry = REGISTRY, startWorker }: BulkFixtureOptions = {},
): BulkFixture => {
  let now = NOW * 1000;
  const waits: number[] = [];
  const invocations = { count: 0 };
  const lines: Record<string, unknown>[] = [];
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds);
    now += milliseconds;
  };
  const randomId = () => randomBytes(16).toString('base64url');
  const commonOf = (client: Pick<DynamoDBClient, 'send'>) => ({
    client,
    // Retries of the stores wait without moving the clock.
    wait: async () => {},
    random: () => 0,
    tasksTable: store.tasksTable,
    lookupsTable: store.lookupsTable,
    auditTable: store.auditTable,
    auditRetention: AUDIT_RETENTION_SECONDS.default,
  });
  const common = commonOf(store.client);
  const revocations = createDynamoDBRevocationStore(common);
  const plan = createRevocationPlanner({
    registry,
    pending: createDynamoDBPendingTasks({ ...common, indexShards: INDEX_SHARDS.default, pageSize: 7 }),
    store: revocations,
    randomId,
    now: () => now,
  });
  const bulk = createBulkRevocations({
    registry,
    store: revocations,
    startWorker: async () => {
      invocations.count += 1;
      await startWorker?.();
    },
    ...(pace !== undefined && { pace }),
    onNotStarted: () => {},
    randomId,
    now: () => now,
  });
  const fixture: BulkFixture = {
    ...bulk,
    plan,
    start: async (processor = 'acme-ocr', reason = 'their database leaked') => {
      const planned = await plan(processor);
      if (isRefusal(planned)) throw new Error(planned.code);
      const { count: confirm, planId } = planned;
      const audit = anAuditEntry({ target: processor, reason, at: new Date(now).toISOString() });
      const started = await bulk.confirm({ processor, planId, confirm }, audit);
      if (isRefusal(started)) throw new Error(started.code);
      return started.jobId;
    },
    work: async ({ client = store.client, remaining = () => 900_000, ...options } = {}) => {
      const revoke = createRevoker({
        jobs: createDynamoDBJobStore(commonOf(client)),
        tasks: createDynamoDBTaskRevocations(commonOf(client)),
        sendings: createDynamoDBTaskSendings({
          ...commonOf(client),
          registry,
          audit: createJobAudit(commonOf(client)),
          randomId,
        }),
        logger: createLogger(
          'test',
          'revoke-callbacks',
          (line) => lines.push(JSON.parse(line)),
          () => now,
        ),
        randomId,
        now: () => now,
        wait,
        clock: () => now,
        ...options,
      });
      await revoke(remaining);
    },
    job: async (jobId) => {
      const job = await bulk.read(jobId);
      if (isRefusal(job)) throw new Error(job.code);
      return job;
    },
    now: () => now,
    pass: (milliseconds) => {
      now += milliseconds;
    },
    waits,
    invocations,
    counts: () => countsOf(lines),
  };
  return fixture;
};

/** Every item of a table. */
const scan = async (store: TestStore, table: string): Promise<readonly Record<string, unknown>[]> => {
  const items: Record<string, unknown>[] = [];
  let from: Record<string, never> | undefined;
  do {
    const page = await store.client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ...(from && { ExclusiveStartKey: from }) }),
    );
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    from = page.LastEvaluatedKey as typeof from;
  } while (from !== undefined);
  return items;
};

export const readAudit = async (store: TestStore): Promise<readonly AuditEntry[]> =>
  (await scan(store, store.auditTable)) as unknown as AuditEntry[];

export const readTasks = async (store: TestStore): Promise<readonly TaskItem[]> =>
  (await scan(store, store.tasksTable)) as unknown as TaskItem[];
