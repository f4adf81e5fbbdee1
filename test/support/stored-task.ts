import { randomBytes } from 'node:crypto';
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { CLOCK_TOLERANCE_SECONDS, INDEX_SHARDS, NEVER } from '../../lambda/contract/limits.ts';
import { createdKey } from '../../lambda/contract/tables.ts';
import type { TaskItem } from '../../lambda/contract/task.ts';
import { shardOf } from '../../lambda/shared/tables/hashed-keys.ts';
import type { TestStore } from './engine.ts';
import { NOW } from './tokens.ts';

type Overrides = { readonly [N in keyof TaskItem]?: TaskItem[N] | undefined };

/**
 * A pending task as `create-task` stores it. Its callbacks have no tokens: nobody delivers to it.
 * @param overrides undefined removes an attribute
 */
export const aStoredTask = (overrides: Overrides = {}): TaskItem => {
  const taskId = overrides.taskId ?? randomBytes(16).toString('base64url');
  const createdAt = overrides.createdAt ?? new Date(NOW * 1000).toISOString();
  const shard = shardOf(taskId, INDEX_SHARDS.default);
  const exp = NOW + 3_600;
  return {
    taskId,
    application: 'invoices',
    status: 'pending',
    processor: 'acme-ocr',
    resource: 'invoice-77',
    openedBy: 'local-sender',
    carrier: 'path',
    createdAt,
    expiresAt: new Date(exp * 1000).toISOString(),
    deadline: exp + CLOCK_TOLERANCE_SECONDS,
    heartbeatDeadline: NEVER,
    callbacks: { result: { jti: `result-${taskId}`, maxUses: 1 }, progress: { jti: `progress-${taskId}`, maxUses: 5 } },
    shard,
    createdKey: createdKey(createdAt, taskId),
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
  } as TaskItem;
};

/** Items of one `BatchWriteItem`. */
const BATCH = 25;

/** Stores tasks, many in one request. */
export const storeTasks = async (store: TestStore, tasks: readonly TaskItem[]): Promise<void> => {
  for (let begin = 0; begin < tasks.length; begin += BATCH) {
    const puts = tasks
      .slice(begin, begin + BATCH)
      .map((task) => ({ PutRequest: { Item: marshall(task, { removeUndefinedValues: true }) } }));
    await store.client.send(new BatchWriteItemCommand({ RequestItems: { [store.tasksTable]: puts } }));
  }
};

/** Stores tasks that differ in their ids alone, and returns their ids. */
export const storePending = async (
  store: TestStore,
  count: number,
  overrides: Overrides = {},
): Promise<readonly string[]> => {
  const tasks = Array.from({ length: count }, () => aStoredTask(overrides));
  await storeTasks(store, tasks);
  return tasks.map(({ taskId }) => taskId);
};
