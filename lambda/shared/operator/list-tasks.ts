import { APPLICATION_ID_PATTERN, applicationOf, DEFAULT_APPLICATION } from '../../contract/applications.ts';
import { OWNER_PATTERN } from '../../contract/claims.ts';
import { CLOCK_TOLERANCE_SECONDS, MAX_RESOURCE_CHARS } from '../../contract/limits.ts';
import { TASK_FINDINGS } from '../../contract/operator-api.ts';
import { PROCESSOR_ID_PATTERN, type Registry } from '../../contract/registry.ts';
import type { TaskPage } from '../../contract/sender-api.ts';
import { inSeconds, isOverdue, TASK_STATUSES } from '../../contract/task.ts';
import { writeCursor } from '../http/cursor.ts';
import type { HttpRequest } from '../http/message.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type MergedPage, mergePartitions } from '../tables/merge-partitions.ts';
import { showTask } from '../tables/task-view.ts';
import { positionAfter, positionBefore } from '../tables/time-range.ts';
import { checkOneOf, checkPattern, checkText, checkTime, type ListQuery, readListQuery } from './list-query.ts';
import { hasUnknownAnswer, isHeldByRetiredKey, retiredKids } from './sending-plan.ts';
import type { SigningKeys } from './signing-keys.ts';
import {
  type IndexEntry,
  type IndexRange,
  LISTED_ATTRIBUTES,
  type OperatorListedTask,
  type OperatorTaskIndex,
} from './task-index.ts';

const FILTERS = {
  application: checkPattern(APPLICATION_ID_PATTERN, 'must be the id of an application'),
  status: checkOneOf(TASK_STATUSES),
  processor: checkPattern(PROCESSOR_ID_PATTERN, 'must be the id of a processor'),
  resource: checkText(MAX_RESOURCE_CHARS),
  owner: checkPattern(OWNER_PATTERN, 'must be 1 to 64 of A-Z, a-z, 0-9, ., _, :, @ and -'),
  createdAfter: checkTime,
  createdBefore: checkTime,
  expiresBefore: checkTime,
  has: checkOneOf(TASK_FINDINGS),
} as const;

export type OperatorTaskQuery = ListQuery<keyof typeof FILTERS>;

/** Reads the query of `GET /v1/operator/tasks`. */
export const readTaskQuery = (request: HttpRequest, registry: Registry): OperatorTaskQuery | Refusal => {
  const query = readListQuery(request, 'operatorListTasks', FILTERS);
  const processor = isRefusal(query) ? undefined : query.filters.processor;
  return processor === undefined || Object.hasOwn(registry, processor)
    ? query
    : refuse('processor_unknown', 'not in the registry', {
        errors: [{ parameter: 'processor', detail: 'is not a processor of this environment' }],
      });
};

export interface TaskListOptions {
  readonly index: OperatorTaskIndex;
  /** Ids of the applications of the environment. */
  readonly applications: readonly string[];
  /** Number of shards of each index. */
  readonly indexShards: number;
  readonly signingKeys: Pick<SigningKeys, 'list'>;
}

/**
 * Lists tasks of all applications in the order of creation, newest first.
 * @param now milliseconds since 1970
 */
export const listOperatorTasks = async (
  options: TaskListOptions,
  query: OperatorTaskQuery,
  now: number,
): Promise<TaskPage> => {
  const { items, position } = await orUnavailable('tasks table', readPage(options, query, now));
  return {
    tasks: items.map((task) => showTask(task, inSeconds(now))),
    ...(position !== undefined && { cursor: writeCursor(position, query.binding) }),
  };
};

const readPage = async (
  options: TaskListOptions,
  query: OperatorTaskQuery,
  now: number,
): Promise<MergedPage<OperatorListedTask>> => {
  const { index, indexShards } = options;
  const { filters, limit, position } = query;
  const below = position ?? positionBefore(filters.createdBefore);
  const above = positionAfter(filters.createdAfter);
  const load = loader(index);
  const kids = filters.has === 'retired_key' ? await retiredKids(options.signingKeys) : [];
  const common = { limit, after: below, matches: (task: OperatorListedTask) => matches(task, query, kids, now) };

  const selected = await selectedTasks(options, query);
  if (selected !== undefined) {
    const inRange = selected.filter((entry) => above === undefined || entry.position > above);
    return mergePartitions({ ...common, ...asPartition(inRange), load, isFiltered: true });
  }
  const shards = applicationsOf(options, query).flatMap((application) =>
    Array.from({ length: indexShards }, (_, shard) => ({ application, shard })),
  );
  const rangeOf = (before: string | undefined, chunk: number): IndexRange => ({
    above,
    below: before,
    order: 'newest',
    limit: chunk,
  });
  const { expiresBefore, has, owner, processor, resource, status } = filters;
  const isFiltered = [expiresBefore, has, processor, status].some((value) => value !== undefined);
  const [attribute, value] = resource === undefined ? (['owner', owner] as const) : (['resource', resource] as const);
  return mergePartitions({
    ...common,
    partitions: shards,
    read: ({ application, shard }, before, chunk) =>
      value === undefined
        ? index.listApplication(application, shard, rangeOf(before, chunk))
        : index.search(application, attribute, value, shard, rangeOf(before, chunk)),
    positionOf: (entry: IndexEntry) => entry.position,
    load,
    isFiltered: isFiltered || (resource !== undefined && owner !== undefined),
  });
};

/** `default` owns tasks from before applications existed, even if the environment has no application of that name. */
const applicationsOf = ({ applications }: TaskListOptions, { filters }: OperatorTaskQuery): readonly string[] =>
  filters.application === undefined ? [...new Set([...applications, DEFAULT_APPLICATION])] : [filters.application];

/** Most tasks that are selected from a sparse index and sorted by creation. */
const MAX_SELECTED = 1_024;

/**
 * Returns all tasks that a sparse index has for a filter, if they are few. Otherwise the list reads tasks in the order
 * of creation and filters them: pages may be short, but have no wrong task.
 */
const selectedTasks = async (
  { index, indexShards }: TaskListOptions,
  { filters }: OperatorTaskQuery,
): Promise<readonly IndexEntry[] | undefined> => {
  const { expiresBefore, has, owner, resource } = filters;
  if (resource !== undefined || owner !== undefined) return undefined;
  const shards = Array.from({ length: indexShards }, (_, shard) => shard);
  const limit = Math.floor(MAX_SELECTED / indexShards);
  if (has === 'quarantine' || has === 'replay') {
    const range: IndexRange = { above: undefined, below: undefined, order: 'newest', limit };
    const pages = await Promise.all(shards.map((shard) => index.listSparse(has, shard, range)));
    if (pages.some(({ ended }) => !ended)) return undefined;
    const ids = pages.flatMap(({ entries }) => entries.map(({ taskId }) => taskId));
    const tasks = await index.load(ids, ['taskId', 'createdKey']);
    return tasks.map(({ createdKey, taskId }) => ({ taskId, position: createdKey }));
  }
  if (expiresBefore === undefined) return undefined;
  // The latest time at which a task is due is its deadline: `expiresAt` plus the tolerance.
  const due =
    Math.ceil(Date.parse(positionBefore(expiresBefore)?.slice(0, 24) ?? '') / 1000) + CLOCK_TOLERANCE_SECONDS + 1;
  const pages = await index.listDue(indexShards, due, limit);
  return pages.some(({ ended }) => !ended) ? undefined : pages.flatMap(({ entries }) => entries);
};

/** One partition in memory, newest first. */
const asPartition = (entries: readonly IndexEntry[]) => {
  const sorted = [...entries].sort((a, b) => (a.position > b.position ? -1 : 1));
  return {
    partitions: [null],
    read: async (_: null, after: string | undefined, limit: number) => {
      const rest = sorted.filter(({ position }) => after === undefined || position < after);
      return { entries: rest.slice(0, limit), ended: rest.length <= limit };
    },
    positionOf: (entry: IndexEntry) => entry.position,
  };
};

const loader = (index: OperatorTaskIndex) => async (entries: readonly IndexEntry[]) => {
  const tasks =
    entries.length === 0
      ? []
      : await index.load(
          entries.map(({ taskId }) => taskId),
          LISTED_ATTRIBUTES,
        );
  const byId = new Map(tasks.map((task) => [task.taskId, task]));
  return entries.map(({ taskId }) => byId.get(taskId));
};

/** Compares the status that an operator sees: an overdue task is expired. A task after its retention never matches. */
const matches = (
  task: OperatorListedTask,
  { filters }: OperatorTaskQuery,
  retired: readonly string[],
  now: number,
): boolean => {
  const { application, expiresBefore, has, owner, processor, resource, status } = filters;
  const shown = isOverdue(task, inSeconds(now)) ? 'expired' : task.status;
  const expiryLimit = positionBefore(expiresBefore);
  return (
    inSeconds(now) < task.purgeAt &&
    (application === undefined || applicationOf(task) === application) &&
    (processor === undefined || task.processor === processor) &&
    (resource === undefined || task.resource === resource) &&
    (owner === undefined || task.owner === owner) &&
    (status === undefined || status === shown) &&
    (expiryLimit === undefined || (shown === 'pending' && task.expiresAt < expiryLimit)) &&
    (has !== 'quarantine' || task.quarantinedKey !== undefined) &&
    (has !== 'replay' || task.replayedKey !== undefined) &&
    (has !== 'retired_key' || (shown === 'pending' && isHeldByRetiredKey(task, retired, inSeconds(now)))) &&
    (has !== 'answer_unknown' || (shown === 'pending' && hasUnknownAnswer(task, inSeconds(now))))
  );
};
