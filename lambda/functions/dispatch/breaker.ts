import type { DispatchSettings } from '../../contract/dispatch.ts';
import { BREAKER_PERIODS, GONE } from '../../contract/dispatch-limits.ts';
import { type BreakerItem, type Pause, phaseOf } from '../../shared/dispatch/breaker-item.ts';

/* What processes count about a processor, and what follows from it, as functions of the time (milliseconds since 1970). */

export type BreakerRules = DispatchSettings['breaker'];

/** What one process counted about attempts of one round, and has not written yet. */
export interface Counted {
  /** The round in which the attempts began, see `roundOf`. */
  readonly round: string;
  /** Time of the first of them. */
  readonly since: number;
  /** Attempts that reached the processor. */
  readonly answered: number;
  readonly unreachable: number;
  /** Tasks whose attempts did not reach the processor: no more than matter. */
  readonly failing: ReadonlySet<string>;
  /** Tasks that got 410. */
  readonly gone: ReadonlySet<string>;
}

/** An item with its counters: attributes with a name that `COUNTERS` makes. */
export interface CountedItem extends BreakerItem {
  readonly counters: Readonly<Record<string, number>>;
}

/**
 * Names of the counters. A round is part of most names: an attempt that began before the breaker opened does not count after it
 * closed, whenever its outcome is written. So processes can add to counters without a condition.
 */
export const COUNTERS = {
  /** Attempts that reached the processor in the period that begins at this second. */
  answered: (round: string, start: number) => `answered#${round}#${start}`,
  unreachable: (round: string, start: number) => `unreachable#${round}#${start}`,
  /** Time at which an attempt of this task did not reach the processor. */
  failing: (round: string, taskId: string) => `failing#${round}#${taskId}`,
  /** Time at which this task got 410. */
  gone: (round: string, taskId: string) => `gone#${round}#${taskId}`,
  /** Attempts of this second that processes took. More may be taken than the processor's rate has: those do not begin. */
  rate: (second: number) => `rate#${second}`,
} as const;

/** Ids of tasks have no `#`. */
const COUNTER = /^(answered|unreachable|failing|gone|rate)#(?:(\d+\.\d+)#)?([A-Za-z0-9_-]+)$/;

/** True if an attribute is a counter. */
export const isCounter = (name: string): boolean => COUNTER.test(name);

/** The time for which attempts are counted together. It grows with each change of the breaker, and with each pause and resumption. */
export const roundOf = ({ revision, state }: BreakerItem): string => `${revision}.${state.round}`;

/** Seconds of one period of the window. */
export const periodSeconds = ({ window }: BreakerRules): number => Math.ceil(window / BREAKER_PERIODS);

/** Start of the period in which attempts are counted now, in seconds since 1970. */
export const periodOf = (rules: BreakerRules, now: number): number => {
  const size = periodSeconds(rules);
  return Math.floor(now / 1000 / size) * size;
};

/** What was counted in the window of the breaker. */
export interface WindowCounts {
  readonly answered: number;
  readonly unreachable: number;
  /** Tasks whose attempts did not reach the processor, with the time of the last one that was noted. */
  readonly failing: ReadonlyMap<string, number>;
  /** Tasks that got 410 in the last minutes. */
  readonly gone: ReadonlySet<string>;
  /** Names of counters that nobody needs any more. */
  readonly stale: readonly string[];
}

/** Sums up the counters of the present round. An attempt that is older than the window never counts. */
export const countsOf = (item: CountedItem, { window }: BreakerRules, now: number): WindowCounts => {
  const round = roundOf(item);
  const sums = { answered: 0, unreachable: 0 };
  const failing = new Map<string, number>();
  const gone = new Set<string>();
  const stale: string[] = [];
  for (const [name, value] of Object.entries(item.counters)) {
    const [, kind, of, key = ''] = COUNTER.exec(name) ?? [];
    const isOfRound = of === round;
    if (kind === 'rate') {
      if ((Number(key) + 2) * 1000 <= now) stale.push(name);
    } else if (kind === 'gone' && isOfRevision(of, item) && value > now - GONE.seconds * 1000) gone.add(key);
    else if (kind === 'failing' && isOfRound && value > now - window * 1000) failing.set(key, value);
    else if ((kind === 'answered' || kind === 'unreachable') && isOfRound && Number(key) * 1000 > now - window * 1000) {
      sums[kind] += value;
    } else stale.push(name);
  }
  return { ...sums, failing, gone, stale };
};

/** Answers 410 count on when the breaker opens. After a resumption they begin anew. */
const isOfRevision = (round: string | undefined, { revision }: BreakerItem): boolean =>
  round?.split('.')[0] === `${revision}`;

/** True if the attempts that were counted open the breaker. */
export const isFailing = (
  { answered, failing, unreachable }: Pick<WindowCounts, 'answered' | 'unreachable'> & { failing: { size: number } },
  { failureRate, minimum, tasks }: BreakerRules,
): boolean => {
  const total = answered + unreachable;
  return unreachable > 0 && total >= minimum && unreachable / total >= failureRate && failing.size >= tasks;
};

/** True if a closed breaker should open. */
export const shouldOpen = (item: CountedItem, rules: BreakerRules, now: number): boolean =>
  item.paused === undefined && phaseOf(item.state, now) === 'closed' && isFailing(countsOf(item, rules, now), rules);

/** The same, with what this process has not written yet. */
export const wouldOpen = (item: CountedItem, counted: Counted, rules: BreakerRules, now: number): boolean => {
  if (item.paused !== undefined || phaseOf(item.state, now) !== 'closed' || counted.round !== roundOf(item))
    return false;
  const { answered, failing, unreachable } = countsOf(item, rules, now);
  return isFailing(
    {
      answered: answered + counted.answered,
      unreachable: unreachable + counted.unreachable,
      failing: new Set([...failing.keys(), ...counted.failing]),
    },
    rules,
  );
};

/** Returns the pause of a processor that wants no more work; undefined if too few tasks got 410, or it is paused already. */
export const pauseOf = (item: CountedItem, rules: BreakerRules, now: number): Pause | undefined => {
  const { size } = countsOf(item, rules, now).gone;
  if (item.paused !== undefined || size < GONE.tasks) return undefined;
  const reason = `It answered 410 to ${size} tasks within ${GONE.seconds / 60} minutes.`;
  return { by: 'postern', reason, at: new Date(now).toISOString() };
};

/** Adds the outcome of one attempt to what a process has counted. Attempts of an earlier round are forgotten. */
export const count = (
  counted: Counted | undefined,
  { outcome, round, taskId }: { readonly outcome: 'answered' | 'unreachable' | 'gone'; round: string; taskId: string },
  now: number,
): Counted => {
  const before: Counted =
    counted?.round === round
      ? counted
      : { round, since: now, answered: 0, unreachable: 0, failing: new Set(), gone: new Set() };
  if (outcome === 'unreachable') {
    return { ...before, unreachable: before.unreachable + 1, failing: new Set([...before.failing, taskId]) };
  }
  const gone = outcome === 'gone' ? new Set([...before.gone, taskId]) : before.gone;
  return { ...before, answered: before.answered + 1, gone };
};

/** False for counts of another round, and for those that are older than the window: the process may have been frozen. */
export const isUsable = (
  counted: Counted | undefined,
  item: BreakerItem,
  { window }: BreakerRules,
  now: number,
): boolean => counted?.round === roundOf(item) && now - counted.since < window * 1000;

/** Adds up what a process could not write, and what it has counted since. */
export const join = (earlier: Counted, later: Counted | undefined): Counted => {
  if (later === undefined) return earlier;
  if (later.round !== earlier.round) return later;
  return {
    round: later.round,
    since: earlier.since,
    answered: earlier.answered + later.answered,
    unreachable: earlier.unreachable + later.unreachable,
    failing: new Set([...earlier.failing, ...later.failing]),
    gone: new Set([...earlier.gone, ...later.gone]),
  };
};
