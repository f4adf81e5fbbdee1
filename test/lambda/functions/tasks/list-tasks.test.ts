import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INDEX_SHARDS } from '../../../../lambda/contract/limits.ts';
import type { TaskPage } from '../../../../lambda/contract/sender-api.ts';
import { createdKey } from '../../../../lambda/contract/tables.ts';
import { TASK_STATUSES } from '../../../../lambda/contract/task.ts';
import type { ListRequest } from '../../../../lambda/functions/tasks/list-request.ts';
import { listTasks } from '../../../../lambda/functions/tasks/list-tasks.ts';
import type { ListedKey, SenderTaskStore, ShardRange } from '../../../../lambda/functions/tasks/sender-task-store.ts';

import { readCursor } from '../../../../lambda/shared/http/cursor.ts';
import type { TaskRecord } from '../../../../lambda/shared/tables/task-view.ts';
import { positionAfter, positionBefore } from '../../../../lambda/shared/tables/time-range.ts';
import { NOW } from '../../../support/tokens.ts';

type ListedTask = TaskRecord & ListedKey;

interface Shards {
  readonly store: SenderTaskStore;
  /** Entries that were read since the last page began. */
  read: number;
}

/** Indexes in memory, their shards in the order that DynamoDB gives them in. */
const shardsOf = (tasks: readonly (ListedTask & { readonly shard: number })[]): Shards => {
  const query = async (
    { after = '', before = '~', limit, shard }: ShardRange,
    isThere: (task: ListedTask) => boolean = () => true,
  ) => {
    const range = tasks
      .filter((task) => task.shard === shard && task.createdKey < before && task.createdKey > after && isThere(task))
      .sort((a, b) => (a.createdKey > b.createdKey ? -1 : 1));
    shards.read += Math.min(limit, range.length);
    // DynamoDB does the same: a page that ends with the last item does not say that it is the last.
    return { entries: range.slice(0, limit), ended: range.length < limit };
  };
  const shards: Shards = {
    read: 0,
    store: {
      listShard: async (_application: string, range: ShardRange) => query(range),
      // Two values may have the same digest: `b` stands for `a` too.
      searchShard: async (_application: string, attribute: 'resource' | 'owner', value: string, range: ShardRange) =>
        query(range, (task) => task[attribute] === value || task[attribute] === 'b'),
      findAll: async (_application: string, taskIds: readonly string[]) => {
        // A page, and one task more that shows if another page follows.
        expect(taskIds.length).toBeLessThanOrEqual(101);
        return tasks.filter(({ taskId }) => taskIds.includes(taskId)).reverse();
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

/** A time near those of the tasks, of which two have the same. */
const at = (milliseconds: number): string => new Date(NOW * 1000 + milliseconds).toISOString();

/** Every page from the first to the one without cursor. */
const pagesOf = async (
  shards: Shards,
  wanted: Omit<ListRequest, 'binding'>,
  indexShards: number = INDEX_SHARDS.default,
): Promise<TaskPage[]> => {
  const pages: TaskPage[] = [];
  const request = { ...wanted, binding: ['listTasks', 'default'] };
  let { before } = wanted;
  do {
    shards.read = 0;
    const page = await listTasks(
      shards.store,
      indexShards,
      'default',
      { ...request, ...(before !== undefined && { before }) },
      NOW,
    );
    expect(page.tasks.length).toBeLessThanOrEqual(request.limit);
    expect(shards.read).toBeLessThanOrEqual(2_048);
    pages.push(page);
    before = page.cursor === undefined ? undefined : readCursor(page.cursor, request.binding);
  } while (before !== undefined);
  return pages;
};

const aMix = fc.array(
  fc.record({
    shard: fc.nat(INDEX_SHARDS.default - 1),
    status: fc.constantFrom(...TASK_STATUSES),
    processor: fc.constantFrom('acme-ocr', 'header-ocr'),
    resource: fc.constantFrom('a', 'b'),
    owner: fc.constantFrom('a', 'b'),
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
            resource: fc.constant('a'),
            owner: fc.constant('a'),
            createdAfter: fc.nat(60).map(at),
            createdBefore: fc.nat(60).map(at),
          },
          { requiredKeys: ['limit'] },
        ),
        async (mix, { createdAfter, createdBefore, ...filters }) => {
          const [after, before] = [positionAfter(createdAfter), positionBefore(createdBefore)];
          const request = {
            ...filters,
            ...(after !== undefined && { after }),
            ...(before !== undefined && { before }),
          };
          const tasks = mix.map((overrides, index) => aTask(index, overrides));
          const pages = await pagesOf(shardsOf(tasks), request);
          const shown = ({ deadline, status }: ListedTask) =>
            status === 'pending' && deadline <= NOW ? 'expired' : status;
          const wanted = tasks
            .filter(
              (task) =>
                task.purgeAt > NOW &&
                (request.processor ?? task.processor) === task.processor &&
                (request.resource ?? task.resource) === task.resource &&
                (request.owner === undefined || request.owner === task.owner) &&
                (createdAfter === undefined || task.createdAt > createdAfter) &&
                (createdBefore === undefined || task.createdAt < createdBefore) &&
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
