import { isOverdue, type TaskView } from '../../contract/task.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { writeCursor } from './cursor.ts';
import type { ListRequest } from './list-request.ts';
import type { ListedTask, SenderTaskStore } from './sender-task-store.ts';
import { showTask } from './task-view.ts';

/** A page of tasks, newest first. */
export interface TaskPage {
  readonly tasks: readonly TaskView[];
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string;
}

/**
 * Most tasks that are read for one page. A filter that matches few of them makes a page short, or empty, with a cursor
 * to go on from, rather than a request without end.
 */
const MAX_TASKS_READ = 2_048;

/** Tasks of one shard that were read and not looked at yet. */
interface Shard {
  readonly shard: number;
  waiting: readonly ListedTask[];
  /** Everything before this place is unread. */
  before: string | undefined;
  ended: boolean;
}

/**
 * Lists tasks in the order of their opening, newest first: the shards of the index merged. A place in that order never
 * changes, so pages neither skip nor repeat a task that was there when the first one was read, whatever is written in
 * between. (There: in the index, which follows the table within a moment.)
 * @param indexShards partitions of the index
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
  let place = before;

  /** Reads on in every shard that is running out, at once; false where that would be too much for one request. */
  const readOn = async (): Promise<boolean> => {
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

  // One more than asked for: only then is it known that another page follows.
  while (found.length <= limit) {
    if (shards.some(({ ended, waiting }) => !ended && waiting.length === 0)) {
      if (await orUnavailable('tasks table', readOn())) continue;
      return pageOf(found, now, place);
    }
    const next = takeNewest(shards);
    if (next === undefined) return pageOf(found, now, undefined);
    if (matches(next, request, now)) found.push(next);
    if (found.length <= limit) place = next.createdKey;
  }
  return pageOf(found.slice(0, limit), now, place);
};

/** With a filter nobody knows how many will match: as many as one request may read, in two rounds. */
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

/** As it is shown: past its time, a pending task is an expired one. Past its retention it is gone. */
const matches = (task: ListedTask, { processor, status }: ListRequest, now: number): boolean =>
  now < task.purgeAt &&
  (processor === undefined || task.processor === processor) &&
  (status === undefined || status === (isOverdue(task, now) ? 'expired' : task.status));

const pageOf = (found: readonly ListedTask[], now: number, place: string | undefined): TaskPage => ({
  tasks: found.map((task) => showTask(task, now)),
  ...(place !== undefined && { cursor: writeCursor(place) }),
});
