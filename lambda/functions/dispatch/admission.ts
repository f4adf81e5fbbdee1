import type { DispatchSettings } from '../../contract/dispatch.ts';
import { type BreakerItem, phaseOf } from '../../shared/dispatch/breaker-item.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import { addCounts, beginProbe, type Counted, endProbe, NOTHING_COUNTED, takeAttempts } from './breaker.ts';
import type { BreakerStore } from './breaker-store.ts';
import type { Admission, Admittance, AttemptReport } from './ports.ts';

export interface AdmissionOptions {
  readonly store: BreakerStore;
  readonly logger: Logger;
  /** Time for which one attempt after the pause of a breaker keeps others out. Milliseconds. */
  readonly leaseMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A process reads and writes the item of a processor at most once in this time, except when much depends on it. Milliseconds. */
const BLOCK_MILLISECONDS = 1_000;

/** Attempts to write an item that other processes write too. Counts that were not written are written with the next ones. */
const WRITE_ATTEMPTS = 5;

/** Wait for the one attempt of another process after the pause of a breaker. Milliseconds. */
const PROBE_WAIT_MILLISECONDS = 2_000;

/** What this process knows of a processor. */
interface Known {
  item: BreakerItem;
  /** Time at which the item was read. */
  readAt: number;
  counted: Counted;
  /** Attempts of a second that this process has taken and not begun yet. */
  left: { readonly second: number; readonly attempts: number };
  /** Attempts that it began in the present second and in the one before. */
  begun: { readonly second: number; readonly attempts: number; readonly before: number };
}

/**
 * Admits attempts. Processes share what they count in one item of each processor. Each takes attempts and writes counts in blocks, so
 * that a healthy processor costs a process one write a second at most.
 */
export const createAdmission = ({ leaseMilliseconds, logger, now, store }: AdmissionOptions): Admission => {
  const known = new Map<string, Known>();

  /**
   * Reads the item, changes it and writes it, until no other process has changed it in between. What this process has counted is
   * written with it.
   * @param change returns undefined for an item that stays as it is
   */
  const update = async <T>(
    processor: string,
    settings: DispatchSettings,
    change: (item: BreakerItem) => { readonly item: BreakerItem; readonly result: T },
  ): Promise<T | undefined> => {
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt += 1) {
      const before = await store.read(processor);
      const counted = known.get(processor)?.counted ?? NOTHING_COUNTED;
      const { item, result } = change(addCounts(before, counted, settings.breaker, now()));
      const isSame = JSON.stringify(item) === JSON.stringify(before);
      if (isSame || (await store.write(processor, before, item))) {
        const after = isSame ? before : { ...item, version: before.version + 1 };
        remember(processor, after);
        if (!isSame) measure(processor, before, after);
        return result;
      }
    }
    return undefined;
  };

  const remember = (processor: string, item: BreakerItem): void => {
    const second = Math.floor(now() / 1000);
    const { begun = { second, attempts: 0, before: 0 }, left = { second, attempts: 0 } } = known.get(processor) ?? {};
    known.set(processor, { item, readAt: now(), counted: NOTHING_COUNTED, left, begun });
  };

  const measure = (processor: string, before: BreakerItem, after: BreakerItem): void => {
    const hasOpened = (after.state.openUntil ?? 0) > (before.state.openUntil ?? 0);
    const isPaused = after.paused?.by === 'postern' && before.paused === undefined;
    if (!hasOpened && !isPaused) return;
    const fields = { processor, why: isPaused ? 'gone' : 'unreachable' };
    logger.error('processor paused', fields, [{ metric: 'ProcessorPaused', value: 1, by: processor }]);
  };

  const current = async (processor: string, settings: DispatchSettings): Promise<Known> => {
    const own = known.get(processor);
    if (own !== undefined && now() - own.readAt < BLOCK_MILLISECONDS) return own;
    await update(processor, settings, (item) => ({ item, result: true }));
    const fresh = known.get(processor);
    if (fresh !== undefined) return fresh;
    remember(processor, await store.read(processor));
    return known.get(processor) as Known;
  };

  /** Takes one attempt of the rate. @returns false if none is left in this second */
  const takeOne = async (processor: string, settings: DispatchSettings, rate: number): Promise<boolean> => {
    const second = Math.floor(now() / 1000);
    const own = known.get(processor) as Known;
    const begun =
      own.begun.second === second
        ? own.begun
        : { second, attempts: 0, before: own.begun.second === second - 1 ? own.begun.attempts : 0 };
    let left = own.left.second === second ? own.left.attempts : 0;
    if (left === 0) {
      // Enough for this second: as many as in the one before and a half more, or its share of the rate.
      const wanted = Math.max(1, Math.ceil(1.5 * begun.before), Math.ceil(rate / settings.concurrency));
      left =
        (await update(processor, settings, (item) => {
          const { item: after, taken } = takeAttempts(item, rate, wanted, now());
          return { item: after, result: taken };
        })) ?? 0;
    }
    const isTaken = left > 0;
    Object.assign(known.get(processor) as Known, {
      left: { second, attempts: isTaken ? left - 1 : 0 },
      begun: { ...begun, attempts: begun.attempts + (isTaken ? 1 : 0) },
    });
    return isTaken;
  };

  const count = (processor: string, taskId: string, outcome: AttemptReport): void => {
    const own = known.get(processor);
    if (own === undefined || outcome === 'unused') return;
    const { failing, gone, reached, unreachable } = own.counted;
    own.counted =
      outcome === 'unreachable'
        ? { reached, unreachable: unreachable + 1, failing: [...failing, taskId], gone }
        : { reached: reached + 1, unreachable, failing, gone: outcome === 'gone' ? [...gone, taskId] : gone };
  };

  const isDue = (processor: string, outcome: AttemptReport): boolean => {
    // Few tasks get 410, and each may be the last one.
    if (outcome === 'gone') return true;
    const { counted, readAt } = known.get(processor) as Known;
    return counted.unreachable > 0 && now() - readAt >= BLOCK_MILLISECONDS;
  };

  /** Failures to write counts are no failures of the attempt. */
  const quietly = async (processor: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger.error('counts of a processor not written', { processor, error: describeError(error) });
    }
  };

  const admitted = (processor: string, settings: DispatchSettings, taskId: string): Admittance => ({
    isAdmitted: true,
    report: async (outcome) => {
      count(processor, taskId, outcome);
      if (!isDue(processor, outcome)) return;
      await quietly(processor, () => update(processor, settings, (item) => ({ item, result: true })));
    },
  });

  const probing = (processor: string, settings: DispatchSettings, taskId: string): Admittance => ({
    isAdmitted: true,
    report: (outcome) =>
      quietly(processor, () => {
        if (outcome === 'gone') count(processor, taskId, outcome);
        const ended = outcome === 'answered' || outcome === 'gone' ? 'reached' : outcome;
        return update(processor, settings, (item) => ({
          item: endProbe(item, ended, settings.breaker, now()),
          result: true,
        }));
      }),
  });

  return {
    admit: async (processor, settings, taskId) => {
      const { item } = await current(processor, settings);
      if (item.paused !== undefined) return { isAdmitted: false, kind: 'paused' };
      const phase = phaseOf(item.state, now());
      if (phase === 'open') return { isAdmitted: false, kind: 'open', until: item.state.openUntil ?? now() };
      if (settings.ratePerSecond !== undefined && !(await takeOne(processor, settings, settings.ratePerSecond))) {
        return { isAdmitted: false, kind: 'rate', until: (Math.floor(now() / 1000) + 1) * 1000 };
      }
      if (phase === 'closed') return admitted(processor, settings, taskId);
      const isProbe = await update(processor, settings, (latest) => {
        const isHalfOpen = phaseOf(latest.state, now()) === 'halfOpen' && latest.paused === undefined;
        const probe = isHalfOpen ? beginProbe(latest, now() + leaseMilliseconds, now()) : undefined;
        return { item: probe ?? latest, result: probe !== undefined };
      });
      return isProbe === true
        ? probing(processor, settings, taskId)
        : { isAdmitted: false, kind: 'open', until: now() + PROBE_WAIT_MILLISECONDS };
    },
  };
};
