import { isOverdue, type TaskView } from '../../contract/task.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
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
 * Most tasks that are read for one page. If a filter matches few of them, the page is short or empty and has a cursor.
 * Otherwise a request could take any time.
 */
const MAX_TASKS_READ = 2_048;

/** State of one shard: the tasks that were read and not used yet. */
interface Shard {
  readonly shard: number;
  waiting: readonly ListedTask[];
  /** Position of the next read. */
  before: string | undefined;
  ended: boolean;
}

/**
 * Lists tasks in the order of creation, newest first, by merging the shards of the index. A position in that order never
 * changes. Therefore pages neither skip nor repeat a task that was in the index when the first page was read. The index
 * follows the table with a short delay.
 * @param indexShards number of shards of the index
 * @param now seconds since 1970
 */
export const listTasks = async (
  store: SenderTaskStore,
  indexShards: number,
  request: ListRequest,
  now: number,
): Promise<TaskPage> => {
  const { before, limit } = request;
  const chunk = chunkOf(request, indexShards);
  const shards: Shard[] = Array.from({ length: indexShards }, (_, shard) => ({
    shard,
    waiting: [],
    before,
    ended: false,
  }));
  const found: ListedTask[] = [];
  let read = 0;
  let position = before;

  /** Reads more of every shard with few unused tasks. Returns false if that would exceed the limit of one request. */
  const readMore = async (): Promise<boolean> => {
    const short = shards.filter(({ ended, waiting }) => !ended && waiting.length < chunk / 2);
    if (read + short.length * chunk > MAX_TASKS_READ) return false;
    read += short.length * chunk;
    await Promise.all(
      short.map(async (shard) => {
        const page = await store.listShard(shard.shard, shard.before, chunk);
        shard.waiting = [...shard.waiting, ...page.tasks];
        shard.before = page.tasks.at(-1)?.createdKey ?? shard.before;
        shard.ended = page.ended;
      }),
    );
    return true;
  };

  // One task more than requested shows that another page follows.
  while (found.length <= limit) {
    if (shards.some(({ ended, waiting }) => !ended && waiting.length === 0)) {
      if (await orUnavailable('tasks table', readMore())) continue;
      return pageOf(found, now, position);
    }
    const next = takeNewest(shards);
    if (next === undefined) return pageOf(found, now, undefined);
    if (matches(next, request, now)) found.push(next);
    if (found.length <= limit) position = next.createdKey;
  }
  return pageOf(found.slice(0, limit), now, position);
};

/** Returns the tasks to read of each shard at once. With a filter it is half of what one request may read in all. */
const chunkOf = ({ limit, processor, status }: ListRequest, indexShards: number): number =>
  status === undefined && processor === undefined
    ? Math.max(4, Math.ceil((2 * limit) / indexShards))
    : Math.floor(MAX_TASKS_READ / indexShards / 2);

const takeNewest = (shards: readonly Shard[]): ListedTask | undefined => {
  const [newest] = shards
    .filter(({ waiting }) => waiting.length > 0)
    .sort((a, b) => ((a.waiting[0]?.createdKey ?? '') > (b.waiting[0]?.createdKey ?? '') ? -1 : 1));
  if (newest === undefined) return undefined;
  const [first, ...rest] = newest.waiting;
  newest.waiting = rest;
  return first;
};

/** Compares the status that a sender sees: an overdue task is expired. A task after its retention never matches. */
const matches = (task: ListedTask, { processor, status }: ListRequest, now: number): boolean =>
  now < task.purgeAt &&
  (processor === undefined || task.processor === processor) &&
  (status === undefined || status === (isOverdue(task, now) ? 'expired' : task.status));

const pageOf = (found: readonly ListedTask[], now: number, position: string | undefined): TaskPage => ({
  tasks: found.map((task) => showTask(task, now)),
  ...(position !== undefined && { cursor: writeCursor(position) }),
});
