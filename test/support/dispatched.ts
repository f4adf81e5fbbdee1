import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DispatchSettings, StoredDispatch } from '../../lambda/contract/dispatch.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import type { Processor } from '../../lambda/contract/registry.ts';
import { applicationShardKey, dispatchShardKey } from '../../lambda/contract/tables.ts';
import type { TaskItem } from '../../lambda/contract/task.ts';
import { putInput } from '../../lambda/shared/dispatch/input-item.ts';
import { shardOf } from '../../lambda/shared/tables/hashed-keys.ts';
import type { TestStore } from './engine.ts';
import { aProcessor } from './registry.ts';
import { aStoredTask, storeTasks } from './stored-task.ts';
import { NOW } from './tokens.ts';

/** Settings of a processor that work is sent to; say what is different. */
export const dispatchSettings = (overrides: Partial<DispatchSettings> = {}): DispatchSettings => ({
  url: 'https://api.sent.example/v1/jobs',
  method: 'POST',
  timeout: 30,
  headers: {},
  query: {},
  body: { input: '{{input}}', webhook: '{{callbacks.result.url}}', task: '{{taskId}}' },
  accept: [200, 201, 202],
  remoteId: '/id',
  retry: { delays: [5, 30, 120], leastTime: 300 },
  concurrency: 20,
  breaker: { window: 60, minimum: 20, failureRate: 0.5, pause: 120, tasks: 3 },
  onFailure: 'fail',
  ...overrides,
});

/** A processor that work is sent to. */
export const aDispatchedProcessor = (
  id: string,
  settings: Partial<DispatchSettings> = {},
  overrides: Partial<Processor> = {},
): Processor => aProcessor({ id, carriers: ['path'], dispatch: dispatchSettings(settings), ...overrides });

/** A task whose work is sent to a processor, as the table has it. Its only callback is `result`. */
export const aDispatchedTask = (
  dispatch: Partial<StoredDispatch>,
  overrides: Parameters<typeof aStoredTask>[0] = {},
): TaskItem => {
  const { taskId } = aStoredTask(overrides);
  const processor = overrides.processor ?? 'sent-ocr';
  const stored: StoredDispatch = { state: 'queued', attempts: 0, issue: 1, used: 0, ...dispatch };
  const { state } = stored;
  const shard = shardOf(taskId, INDEX_SHARDS.default);
  const isIndexed = state === 'queued' || state === 'failed';
  return aStoredTask({
    taskId,
    processor,
    application: 'default',
    applicationShard: applicationShardKey('default', shard),
    callbacks: { result: { jti: `result-${taskId}`, maxUses: 1 } },
    dispatch: stored,
    queuedAt: NOW,
    ...(isIndexed && {
      dispatchShard: dispatchShardKey(state, processor, shard),
      dispatchAt: NOW,
    }),
    ...overrides,
  });
};

/** A task that failed because its work could not be sent. */
export const aFailedDispatch = (overrides: Parameters<typeof aStoredTask>[0] = {}): TaskItem => {
  const at = new Date((NOW - 60) * 1000).toISOString();
  return aDispatchedTask(
    { state: 'failed', attempts: 4, used: 4, lastStatus: 503, reason: 'AttemptsUsed' },
    {
      status: 'failed',
      closedAt: at,
      history: [
        { at: new Date((NOW - 600) * 1000).toISOString(), status: 'pending' },
        { at, status: 'failed' },
      ],
      ...overrides,
    },
  );
};

/** Stores tasks with their inputs. */
export const storeDispatched = async (store: TestStore, tasks: readonly TaskItem[]): Promise<void> => {
  await storeTasks(store, tasks);
  for (const task of tasks) {
    const put = putInput(store.lookupsTable, task, '{"document":"a"}', task.dispatch?.issue ?? 1);
    await store.client.send(new PutItemCommand(put));
  }
};

/** Stores one item of the lookups table. */
export const storeLookup = async (store: TestStore, item: Record<string, unknown>): Promise<void> => {
  await store.client.send(
    new PutItemCommand({ TableName: store.lookupsTable, Item: marshall(item, { removeUndefinedValues: true }) }),
  );
};
