import { applicationOf } from '../../contract/applications.ts';
import type { OfTask, QuarantinePage, ReplayPage, ReplayView } from '../../contract/operator-api.ts';
import type { OperatorReadAttribute } from '../../contract/operator-attributes.ts';
import { inSeconds, type QuarantinedView, type TaskItem } from '../../contract/task.ts';
import { writeCursor } from '../http/cursor.ts';
import type { HttpRequest } from '../http/message.ts';
import { orUnavailable } from '../or-unavailable.ts';
import type { Refusal } from '../refusal.ts';
import { type MergedPage, mergePartitions } from '../tables/merge-partitions.ts';
import { quarantineOf } from '../tables/quarantined.ts';
import { showQuarantined } from '../tables/task-view.ts';
import { checkOneOf, type ListQuery, readListQuery } from './list-query.ts';
import type { IndexEntry, IndexRange, OperatorTaskIndex } from './task-index.ts';

const ORDERS = ['newest', 'oldest'] as const;
const FILTERS = { order: checkOneOf(ORDERS) } as const;

export type EvidenceQuery = ListQuery<keyof typeof FILTERS>;

/** Reads the query of the lists of quarantine and replays. */
export const readEvidenceQuery = (request: HttpRequest, route: string): EvidenceQuery | Refusal =>
  readListQuery(request, route, FILTERS);

export interface EvidenceListOptions {
  readonly index: OperatorTaskIndex;
  /** Number of shards of each index. */
  readonly indexShards: number;
}

const QUARANTINE_ATTRIBUTES = [
  'taskId',
  'application',
  'processor',
  'expiresAt',
  'purgeAt',
  'quarantine',
  'reopened',
  'quarantinedKey',
] as const satisfies readonly OperatorReadAttribute[];

type QuarantineTask = Pick<TaskItem, (typeof QUARANTINE_ATTRIBUTES)[number]>;

/**
 * Lists deliveries in quarantine: tasks by the time of their last one, and the deliveries of a task by their own times.
 * @param now milliseconds since 1970
 */
export const listOperatorQuarantine = async (
  options: EvidenceListOptions,
  query: EvidenceQuery,
  now: number,
): Promise<QuarantinePage> => {
  const { binding, limit } = query;
  const order = orderOf(query);
  const { offset, start } = resume(query);
  const page = await readTasks(options, { ...query, position: start }, 'quarantine', QUARANTINE_ATTRIBUTES, now);
  const found: (OfTask & QuarantinedView)[] = [];
  for (const [i, task] of page.items.entries()) {
    const all = deliveriesOf(task, order, now);
    const skipped = i === 0 ? offset : 0;
    const rest = all.slice(skipped);
    const room = limit - found.length;
    found.push(...rest.slice(0, room));
    const isLast = rest.length <= room && i === page.items.length - 1 && page.position === undefined;
    if (found.length < limit || isLast) continue;
    // The next page begins inside this task, or after it.
    const position = rest.length > room ? `${task.quarantinedKey}~${skipped + room}` : task.quarantinedKey;
    return { quarantine: found, ...(position !== undefined && { cursor: writeCursor(position, binding) }) };
  }
  return { quarantine: found, ...(page.position !== undefined && { cursor: writeCursor(page.position, binding) }) };
};

const deliveriesOf = (task: QuarantineTask, order: IndexRange['order'], now: number) => {
  const oldestFirst = quarantineOf(task, now).map(({ entry, why }) => ({
    ...ofTask(task),
    ...showQuarantined(entry, why),
  }));
  return order === 'oldest' ? oldestFirst : oldestFirst.reverse();
};

const ofTask = (task: Pick<TaskItem, 'taskId' | 'application' | 'processor'>): OfTask => ({
  taskId: task.taskId,
  application: applicationOf(task),
  processor: task.processor,
});

/**
 * Returns the position to read from, and the number of deliveries of its first task that earlier pages have. A position
 * inside a task is moved before that task, so that it is read again: `!` sorts before every character of an id.
 */
const resume = (query: EvidenceQuery): { readonly start: string | undefined; readonly offset: number } => {
  const [key, offset] = query.position?.split('~') ?? [];
  if (key === undefined || offset === undefined) return { start: key, offset: 0 };
  return { start: orderOf(query) === 'newest' ? `${key}!` : key.slice(0, -1), offset: Number(offset) };
};

const REPLAY_ATTRIBUTES = [
  'taskId',
  'application',
  'processor',
  'purgeAt',
  'replays',
  'lastReplay',
  'replayedKey',
] as const satisfies readonly OperatorReadAttribute[];

/**
 * Lists tasks with replays by the time of the last one.
 * @param now milliseconds since 1970
 */
export const listReplays = async (
  options: EvidenceListOptions,
  query: EvidenceQuery,
  now: number,
): Promise<ReplayPage> => {
  const { items, position } = await readTasks(options, query, 'replay', REPLAY_ATTRIBUTES, now);
  return {
    replays: items.flatMap((task): readonly ReplayView[] => {
      const { lastReplay, replayedKey = '', replays = 1 } = task;
      if (lastReplay === undefined) return [];
      const at = lastReplay.at ?? replayedKey.split('#', 1).join();
      const { first, from, sha256 } = lastReplay;
      return [
        {
          ...ofTask(task),
          at,
          from,
          count: replays,
          ...(first && { first: { at: first.at, sha256: first.sha256 } }),
          second: { at, from, sha256 },
        },
      ];
    }),
    ...(position !== undefined && { cursor: writeCursor(position, query.binding) }),
  };
};

const orderOf = ({ filters }: EvidenceQuery): IndexRange['order'] => (filters.order === 'oldest' ? 'oldest' : 'newest');

const readTasks = <N extends OperatorReadAttribute>(
  { index, indexShards }: EvidenceListOptions,
  query: EvidenceQuery,
  kind: 'quarantine' | 'replay',
  attributes: readonly (N | 'taskId' | 'purgeAt')[],
  now: number,
): Promise<MergedPage<Pick<TaskItem, N | 'taskId' | 'purgeAt'>>> => {
  const order = orderOf(query);
  const page = mergePartitions<number, IndexEntry, Pick<TaskItem, N | 'taskId' | 'purgeAt'>>({
    partitions: Array.from({ length: indexShards }, (_, shard) => shard),
    read: (shard, after, limit) =>
      index.listSparse(kind, shard, {
        above: order === 'oldest' ? after : undefined,
        below: order === 'newest' ? after : undefined,
        order,
        limit,
      }),
    positionOf: ({ position }) => position,
    order,
    after: query.position,
    limit: query.limit,
    load: async (entries) => {
      const ids = entries.map(({ taskId }) => taskId);
      const tasks = ids.length === 0 ? [] : await index.load(ids, attributes);
      const byId = new Map<string, Pick<TaskItem, N | 'taskId' | 'purgeAt'>>(tasks.map((task) => [task.taskId, task]));
      return ids.map((id) => byId.get(id));
    },
    matches: ({ purgeAt }) => inSeconds(now) < purgeAt,
    isFiltered: false,
  });
  return orUnavailable('tasks table', page);
};
