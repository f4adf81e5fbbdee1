import { toAttributes } from '../../shared/aws/attribute-values.ts';
import type { BreakerItem } from '../../shared/dispatch/breaker-item.ts';
import type { TaskUpdate } from '../../shared/tables/task-updates.ts';
import { type BreakerRules, COUNTERS, type Counted, type CountedItem, countsOf, periodOf } from './breaker.ts';

/* Updates of the item of a processor. Times are milliseconds since 1970. */

/** Most counters that one update removes: an expression has at most 4 KB. */
const MAX_REMOVALS = 25;

/** What a process adds to the counters. */
export interface Addition {
  readonly counted: Counted | undefined;
  /** Attempts of the present second that the process takes. */
  readonly taken: number;
}

/**
 * Adds to the counters, and removes those that nobody needs any more. It has no condition, so processes never wait for each other. A
 * write that the client repeats because its answer was lost counts twice.
 */
export const additionUpdate = (
  item: CountedItem,
  { counted, taken }: Addition,
  rules: BreakerRules,
  now: number,
): TaskUpdate => {
  const add: Record<string, number> = {};
  const set: Record<string, number> = {};
  const { failing, stale } = countsOf(item, rules, now);
  if (counted !== undefined) {
    const { answered, gone, round, unreachable } = counted;
    const start = periodOf(rules, now);
    if (answered > 0) add[COUNTERS.answered(round, start)] = answered;
    if (unreachable > 0) add[COUNTERS.unreachable(round, start)] = unreachable;
    for (const taskId of wantedTasks(counted, failing, rules, now)) set[COUNTERS.failing(round, taskId)] = now;
    for (const taskId of gone) set[COUNTERS.gone(round, taskId)] = now;
  }
  if (taken > 0) add[COUNTERS.rate(Math.floor(now / 1000))] = taken;
  const removed = stale.filter((name) => !(name in add) && !(name in set)).slice(0, MAX_REMOVALS);

  const names: Record<string, string> = {};
  const values: Record<string, number> = {};
  const aliasOf = (name: string): string => {
    const alias = `#n${Object.keys(names).length}`;
    names[alias] = name;
    return alias;
  };
  const boundTo = (value: number): string => {
    const alias = `:v${Object.keys(values).length}`;
    values[alias] = value;
    return alias;
  };
  const clause = (word: string, parts: readonly string[]) =>
    parts.length === 0 ? [] : [`${word} ${parts.join(', ')}`];
  return {
    UpdateExpression: [
      ...clause(
        'SET',
        Object.entries(set).map(([name, value]) => `${aliasOf(name)} = ${boundTo(value)}`),
      ),
      ...clause('REMOVE', removed.map(aliasOf)),
      ...clause(
        'ADD',
        Object.entries(add).map(([name, value]) => `${aliasOf(name)} ${boundTo(value)}`),
      ),
    ].join(' '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: toAttributes(values),
  };
};

/** Tasks are noted only until enough of them are: one that was noted in the first half of the window is noted again. */
const wantedTasks = (
  { failing }: Counted,
  noted: ReadonlyMap<string, number>,
  { tasks, window }: BreakerRules,
  now: number,
): readonly string[] => {
  const recent = [...noted].flatMap(([taskId, at]) => (at > now - window * 500 ? [taskId] : []));
  const others = [...failing].filter((taskId) => !recent.includes(taskId));
  return others.slice(0, Math.max(0, tasks - recent.length));
};

const NAMES = { '#state': 'state', '#round': 'round' } as const;

/** Opens a closed breaker. The condition fails if it has changed since it was read: each change of the state has another round. */
export const openUpdate = (item: BreakerItem, until: number): TaskUpdate => ({
  UpdateExpression: 'SET #state = :state',
  ConditionExpression: [
    item.state.round === 0 ? 'attribute_not_exists(#state)' : '#state.#round = :round',
    sameRevision(item),
  ].join(' AND '),
  ExpressionAttributeNames: item.state.round === 0 ? { '#state': 'state' } : NAMES,
  ExpressionAttributeValues: toAttributes({
    ':state': { round: item.state.round + 1, openUntil: until },
    ...(item.state.round !== 0 && { ':round': item.state.round }),
    ...(item.revision !== 0 && { ':revision': item.revision }),
  }),
});

const sameRevision = ({ revision }: BreakerItem): string =>
  revision === 0 ? 'attribute_not_exists(revision)' : 'revision = :revision';

/**
 * Begins the one attempt after the pause of a breaker. The condition fails if another one is under way, or the breaker has changed
 * since it was read.
 */
export const beginProbeUpdate = ({ state }: BreakerItem, until: number, now: number): TaskUpdate => ({
  UpdateExpression: 'SET #state.probeUntil = :until',
  ConditionExpression: [
    'attribute_not_exists(paused)',
    '#state.#round = :round AND #state.openUntil = :openUntil',
    '(attribute_not_exists(#state.probeUntil) OR #state.probeUntil <= :now)',
  ].join(' AND '),
  ExpressionAttributeNames: NAMES,
  ExpressionAttributeValues: toAttributes({
    ':until': until,
    ':round': state.round,
    ':openUntil': state.openUntil,
    ':now': now,
  }),
});

/**
 * Ends that attempt. The condition fails if its time was over and another one has begun, or an operator has resumed the processor.
 * @param probe the item after the attempt began
 * @param reopenUntil undefined: the breaker closes
 */
export const endProbeUpdate = (probe: BreakerItem, reopenUntil: number | undefined): TaskUpdate => ({
  UpdateExpression: 'SET #state = :state',
  ...isProbe(probe, {
    ':state':
      reopenUntil === undefined
        ? { round: probe.state.round + 1 }
        : { round: probe.state.round, openUntil: reopenUntil },
  }),
});

/** Gives that attempt up, because it was not made: another one may begin. */
export const releaseProbeUpdate = (probe: BreakerItem): TaskUpdate => ({
  UpdateExpression: 'REMOVE #state.probeUntil',
  ...isProbe(probe, {}),
});

const isProbe = ({ state }: BreakerItem, values: object): Omit<TaskUpdate, 'UpdateExpression'> => ({
  ConditionExpression: '#state.#round = :round AND #state.probeUntil = :probeUntil',
  ExpressionAttributeNames: NAMES,
  ExpressionAttributeValues: toAttributes({ ...values, ':round': state.round, ':probeUntil': state.probeUntil }),
});
