import type { TaskPage } from '../../contract/sender-api.ts';
import { statusAt } from '../../contract/task.ts';
import { writeCursor } from '../../shared/http/cursor.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { type MergedPage, mergePartitions } from '../../shared/tables/merge-partitions.ts';
import { showTask, type TaskRecord } from '../../shared/tables/task-view.ts';
import type { ListRequest } from './list-request.ts';
import type { ListedKey, SenderTaskStore, ShardRange } from './sender-task-store.ts';

/**
 * Lists tasks of an application in the order of creation, newest first.
 * @param indexShards number of shards of the index
 * @param now seconds since 1970
 */
export const listTasks = async (
  store: SenderTaskStore,
  indexShards: number,
  application: string,
  request: ListRequest,
  now: number,
): Promise<TaskPage> => {
  const { items, position } = await orUnavailable(
    'tasks table',
    readPage(store, indexShards, application, request, now),
  );
  return {
    tasks: items.map((task) => showTask(task, now)),
    ...(position !== undefined && { cursor: writeCursor(position, request.binding) }),
  };
};

const readPage = (
  store: SenderTaskStore,
  indexShards: number,
  application: string,
  request: ListRequest,
  now: number,
): Promise<MergedPage<TaskRecord>> => {
  const { after, before, limit, owner, processor, resource, status } = request;
  const [attribute, value] = resource !== undefined ? (['resource', resource] as const) : (['owner', owner] as const);
  const rangeOf = (shard: number, position: string | undefined, chunk: number): ShardRange => ({
    shard,
    after,
    before: position,
    limit: chunk,
  });
  return mergePartitions<number, ListedKey, TaskRecord>({
    partitions: Array.from({ length: indexShards }, (_, shard) => shard),
    read: (...range) =>
      value === undefined
        ? store.listShard(application, rangeOf(...range))
        : store.searchShard(application, attribute, value, rangeOf(...range)),
    positionOf: ({ createdKey }) => createdKey,
    after: before,
    limit,
    load: async (keys) => {
      const ids = keys.map(({ taskId }) => taskId);
      const tasks = ids.length === 0 ? [] : await store.findAll(application, ids);
      const byId = new Map(tasks.map((task) => [task.taskId, task]));
      return ids.map((id) => byId.get(id));
    },
    matches: (task) => matches(task, request, now),
    isFiltered: status !== undefined || processor !== undefined || (resource !== undefined && owner !== undefined),
  });
};

/** Compares the status that a sender sees: an overdue task is expired. A task after its retention never matches. */
const matches = (task: TaskRecord, { owner, processor, resource, status }: ListRequest, now: number): boolean =>
  now < task.purgeAt &&
  (processor === undefined || task.processor === processor) &&
  (resource === undefined || task.resource === resource) &&
  (owner === undefined || task.owner === owner) &&
  (status === undefined || status === statusAt(task, now));
