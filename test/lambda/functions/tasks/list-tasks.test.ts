import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INDEX_SHARDS } from '../../../../lambda/contract/limits.ts';
import { createdKey } from '../../../../lambda/contract/tables.ts';
import { TASK_STATUSES } from '../../../../lambda/contract/task.ts';
import { readCursor } from '../../../../lambda/functions/tasks/cursor.ts';
import type { ListRequest } from '../../../../lambda/functions/tasks/list-request.ts';
import { listTasks, type TaskPage } from '../../../../lambda/functions/tasks/list-tasks.ts';
import type { ListedTask, SenderTaskStore } from '../../../../lambda/functions/tasks/sender-task-store.ts';
import { NOW } from '../../../support/tokens.ts';

interface Shards {
  readonly store: SenderTaskStore;
  /** Tasks that were read since the last page began. */
  read: number;
}

/** An index in memory, its shards in the order that DynamoDB gives them in. */
const shardsOf = (tasks: readonly (ListedTask & { readonly shard: number })[]): Shards => {
  const shards: Shards = {
    read: 0,
    store: {
      listShard: async (shard: number, before: string | undefined, limit: number) => {
        const older = tasks
          .filter((task) => task.shard === shard && (before === undefined || task.createdKey < before))
          .sort((a, b) => (a.createdKey > b.createdKey ? -1 : 1));
        shards.read += Math.min(limit, older.length);
        // DynamoDB does the same: a page that ends with the last item does not say that it is the last.
        return { tasks: older.slice(0, limit), ended: older.length < limit };
      },
    } as unknown as SenderTaskStore,
  };
  return shards;
};

const aTask = (index: number, overrides: Partial<ListedTask & { shard: number }> = {}) => {
  const taskId = `task-${index}`;
  const createdAt = new Date(NOW * 1000 + Math.floor(index / 2)).toISOString();
  return {
    taskId,
    status: 'pending' as const,
    processor: 'acme-ocr',
    resource: 'r',
    createdAt,
    createdKey: createdKey(createdAt, taskId),
    expiresAt: createdAt,
    deadline: NOW + 60,
    heartbeatDeadline: NOW + 60,
    history: [],
    purgeAt: NOW + 60,
    shard: index % INDEX_SHARDS.default,
    ...overrides,
  };
};

/** Every page from the first to the one without cursor. */
const pagesOf = async (
  shards: Shards,
  request: ListRequest,
  indexShards: number = INDEX_SHARDS.default,
): Promise<TaskPage[]> => {
  const pages: TaskPage[] = [];
  let before: string | undefined;
  do {
    shards.read = 0;
    const page = await listTasks(
      shards.store,
      indexShards,
      { ...request, ...(before !== undefined && { before }) },
      NOW,
    );
    expect(page.tasks.length).toBeLessThanOrEqual(request.limit);
    expect(shards.read).toBeLessThanOrEqual(2_048);
    pages.push(page);
    before = page.cursor === undefined ? undefined : readCursor(page.cursor);
  } while (before !== undefined);
  return pages;
};

const aMix = fc.array(
  fc.record({
    shard: fc.nat(INDEX_SHARDS.default - 1),
    status: fc.constantFrom(...TASK_STATUSES),
    processor: fc.constantFrom('acme-ocr', 'header-ocr'),
    deadline: fc.constantFrom(NOW - 1, NOW, NOW + 1),
    purgeAt: fc.constantFrom(NOW, NOW + 1, NOW + 1),
  }),
  { maxLength: 120 },
);

describe('pages of tasks', () => {
  test('together are every task that matches, newest first, once, whatever the shards hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        aMix,
        fc.record(
          {
            limit: fc.integer({ min: 1, max: 100 }),
            status: fc.constantFrom(...TASK_STATUSES),
            processor: fc.constantFrom('acme-ocr', 'header-ocr'),
          },
          { requiredKeys: ['limit'] },
        ),
        async (mix, request) => {
          const tasks = mix.map((overrides, index) => aTask(index, overrides));
          const pages = await pagesOf(shardsOf(tasks), request);
          const shown = ({ deadline, status }: ListedTask) =>
            status === 'pending' && deadline <= NOW ? 'expired' : status;
          const wanted = tasks
            .filter(
              (task) =>
                task.purgeAt > NOW &&
                (request.processor ?? task.processor) === task.processor &&
                (request.status ?? shown(task)) === shown(task),
            )
            .sort((a, b) => (a.createdKey > b.createdKey ? -1 : 1));
          expect(pages.flatMap((page) => page.tasks.map(({ taskId }) => taskId))).toEqual(
            wanted.map(({ taskId }) => taskId),
          );
          // Few enough to be read for one page: none is short, and the last one is known to be it.
          expect(pages).toHaveLength(Math.max(1, Math.ceil(wanted.length / request.limit)));
        },
      ),
    );
  });

  test.each([INDEX_SHARDS.default, 100, INDEX_SHARDS.max])(
    'end early with a cursor if a filter matches few tasks in %d shards',
    async (indexShards) => {
      const tasks = Array.from({ length: 5_000 }, (_, index) => aTask(index + 1, { shard: index % indexShards }));
      const shards = shardsOf([aTask(0, { status: 'failed' }), ...tasks]);
      const pages = await pagesOf(shards, { limit: 50, status: 'failed' }, indexShards);
      expect(pages.length).toBeGreaterThan(1);
      expect(pages.flatMap((page) => page.tasks.map(({ taskId }) => taskId))).toEqual(['task-0']);
    },
  );

  test.each([100, INDEX_SHARDS.max])('are whole with %d shards too', async (indexShards) => {
    const tasks = Array.from({ length: 700 }, (_, index) => aTask(index, { shard: index % indexShards }));
    const pages = await pagesOf(shardsOf(tasks), { limit: 100 }, indexShards);
    expect(pages.map((page) => page.tasks.length)).toEqual(Array.from({ length: 7 }, () => 100));
    expect(new Set(pages.flatMap((page) => page.tasks.map(({ taskId }) => taskId))).size).toBe(700);
  });
});
