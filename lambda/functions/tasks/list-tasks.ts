import { isOverdue, type TaskView } from '../../contract/task.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { mergePartitions } from '../../shared/tables/merge-partitions.ts';
import { writeCursor } from './cursor.ts';
import type { ListRequest } from './list-request.ts';
import type { ListedTask, SenderTaskStore } from './sender-task-store.ts';
import { showTask } from './task-view.ts';

/** A page of tasks, newest first. */
export interface TaskPage {
  readonly tasks: readonly TaskView[];
  /** Beginning of the next page; absent on the last page. */
  readonly cursor?: string;
}

/**
 * Lists tasks in the order of creation, newest first, by merging the shards of the index.
 * @param indexShards number of shards of the index
 * @param now seconds since 1970
 */
export const listTasks = async (
  store: SenderTaskStore,
  indexShards: number,
  request: ListRequest,
  now: number,
): Promise<TaskPage> => {
  const page = mergePartitions<number, ListedTask, ListedTask>({
    partitions: Array.from({ length: indexShards }, (_, shard) => shard),
    read: async (shard, before, limit) => {
      const { ended, tasks } = await store.listShard(shard, before, limit);
      return { entries: tasks, ended };
    },
    positionOf: (task) => task.createdKey,
    after: request.before,
    limit: request.limit,
    load: async (tasks) => tasks,
    matches: (task) => matches(task, request, now),
    isFiltered: request.status !== undefined || request.processor !== undefined,
  });
  const { items, position } = await orUnavailable('tasks table', page);
  return {
    tasks: items.map((task) => showTask(task, now)),
    ...(position !== undefined && { cursor: writeCursor(position) }),
  };
};

/** Compares the status that a sender sees: an overdue task is expired. A task after its retention never matches. */
const matches = (task: ListedTask, { processor, status }: ListRequest, now: number): boolean =>
  now < task.purgeAt &&
  (processor === undefined || task.processor === processor) &&
  (status === undefined || status === (isOverdue(task, now) ? 'expired' : task.status));
