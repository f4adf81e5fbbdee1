import type { DispatchSettings } from '../../contract/dispatch.ts';
import { GONE } from '../../contract/dispatch-limits.ts';
import type { BreakerItem, BreakerState, Pause } from '../../shared/dispatch/breaker-item.ts';

/* Breaker, pause and rate of a processor, as functions of the time. Times are milliseconds since 1970. */

type Rules = DispatchSettings['breaker'];

/** What one process counted since its last write. */
export interface Counted {
  readonly reached: number;
  readonly unreachable: number;
  /** Tasks whose attempts did not reach the processor. */
  readonly failing: readonly string[];
  /** Tasks that got 410. */
  readonly gone: readonly string[];
}

export const NOTHING_COUNTED: Counted = { reached: 0, unreachable: 0, failing: [], gone: [] };

/** Tasks that are remembered: more are not needed to decide. */
const REMEMBERED_TASKS = 20;

/** Adds what a process counted. Opens the breaker, or pauses the processor, if that is enough. */
export const addCounts = (item: BreakerItem, counted: Counted, rules: Rules, now: number): BreakerItem => {
  const state = prune(item.state, rules, now);
  const second = `${Math.floor(now / 1000)}`;
  const [reached, unreachable] = state.counts[second] ?? [0, 0];
  const isNothing = counted.reached + counted.unreachable === 0;
  const next: BreakerState = {
    ...state,
    counts: isNothing
      ? state.counts
      : { ...state.counts, [second]: [reached + counted.reached, unreachable + counted.unreachable] },
    failing: remember(state.failing, counted.failing, now),
    gone: remember(state.gone, counted.gone, now),
  };
  return pauseIfGone({ ...item, state: openIfFailing(next, rules, now) }, counted, now);
};

const prune = (state: BreakerState, { window }: Rules, now: number): BreakerState => ({
  ...state,
  counts: Object.fromEntries(Object.entries(state.counts).filter(([second]) => (Number(second) + window) * 1000 > now)),
  failing: since(state.failing, now - window * 1000),
  gone: since(state.gone, now - GONE.seconds * 1000),
});

const since = (tasks: Readonly<Record<string, number>>, time: number): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(tasks).filter(([, at]) => at > time));

const remember = (tasks: Readonly<Record<string, number>>, ids: readonly string[], now: number) => {
  const all = { ...tasks, ...Object.fromEntries(ids.map((id) => [id, now])) };
  const latest = Object.entries(all).toSorted(([, a], [, b]) => b - a);
  return Object.fromEntries(latest.slice(0, REMEMBERED_TASKS));
};

const openIfFailing = (
  state: BreakerState,
  { failureRate, minimum, pause, tasks }: Rules,
  now: number,
): BreakerState => {
  if (state.openUntil !== undefined) return state;
  const counts = Object.values(state.counts);
  const failed = counts.reduce((sum, [, unreachable]) => sum + unreachable, 0);
  const total = counts.reduce((sum, [reached]) => sum + reached, failed);
  const isFailing =
    total >= minimum && failed / total >= failureRate && failed > 0 && Object.keys(state.failing).length >= tasks;
  return isFailing ? { ...state, counts: {}, failing: {}, openUntil: now + pause * 1000 } : state;
};

const pauseIfGone = (item: BreakerItem, { gone }: Counted, now: number): BreakerItem => {
  if (item.paused !== undefined || gone.length === 0) return item;
  const count = Object.keys(item.state.gone).length;
  if (count < GONE.tasks) return item;
  const paused: Pause = {
    by: 'postern',
    reason: `It answered 410 to ${count} tasks within ${GONE.seconds / 60} minutes.`,
    at: new Date(now).toISOString(),
  };
  return { ...item, revision: item.revision + 1, paused, state: { ...item.state, gone: {} } };
};

/** Begins the one attempt after the pause of the breaker. @returns undefined if another one is under way */
export const beginProbe = (item: BreakerItem, until: number, now: number): BreakerItem | undefined =>
  (item.state.probeUntil ?? 0) > now ? undefined : { ...item, state: { ...item.state, probeUntil: until } };

/** Ends that attempt: the breaker closes, or opens again. `unused`: the attempt was not made, and another one may be. */
export const endProbe = (
  item: BreakerItem,
  outcome: 'reached' | 'unreachable' | 'unused',
  { pause }: Rules,
  now: number,
): BreakerItem => {
  const { openUntil, probeUntil: _ended, ...state } = item.state;
  if (outcome === 'reached') return { ...item, state: { ...state, counts: {}, failing: {} } };
  if (outcome === 'unreachable') return { ...item, state: { ...state, openUntil: now + pause * 1000 } };
  return { ...item, state: { ...state, ...(openUntil !== undefined && { openUntil }) } };
};

/** Takes attempts of the present second. @returns how many were left, at most `wanted` */
export const takeAttempts = (
  item: BreakerItem,
  rate: number,
  wanted: number,
  now: number,
): { readonly item: BreakerItem; readonly taken: number } => {
  const second = Math.floor(now / 1000);
  const before = item.state.rate?.second === second ? item.state.rate.taken : 0;
  const taken = Math.max(0, Math.min(wanted, rate - before));
  return { taken, item: { ...item, state: { ...item.state, rate: { second, taken: before + taken } } } };
};
