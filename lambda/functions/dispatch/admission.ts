import type { DispatchSettings } from '../../contract/dispatch.ts';
import { ADMISSION } from '../../contract/dispatch-limits.ts';
import { inSeconds } from '../../contract/task.ts';
import { pauseUpdate, phaseOf } from '../../shared/dispatch/breaker-item.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import {
  type Counted,
  type CountedItem,
  count,
  isUsable,
  join,
  pauseOf,
  periodSeconds,
  roundOf,
  shouldOpen,
  wouldOpen,
} from './breaker.ts';
import type { BreakerStore } from './breaker-store.ts';
import { additionUpdate, beginProbeUpdate, endProbeUpdate, openUpdate, releaseProbeUpdate } from './breaker-updates.ts';
import type { Admission, Admittance, AttemptReport } from './ports.ts';
import { type Block, beginOne, blockOf, giveBack, NO_BLOCK, sizeOfBlock } from './rate.ts';

export interface AdmissionOptions {
  readonly store: BreakerStore;
  readonly logger: Logger;
  /** Time for which the attempt after the pause of a breaker keeps others out. Milliseconds. */
  readonly leaseMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits a number of milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** What this process knows of a processor. Times are milliseconds since 1970. */
interface Known {
  readonly processor: string;
  item: CountedItem;
  readAt: number;
  /** Times that it was read. */
  reads: number;
  /** Time of the last write of counts. */
  writtenAt: number;
  counted: Counted | undefined;
  block: Block;
  /** Tasks that wait for the end of a pause of the breaker, and their round. */
  waits: { readonly round: string; readonly count: number };
}

const NO_WAITS: Known['waits'] = { round: '', count: 0 };

/**
 * Admits attempts by what all processes count together in one item of each processor. A process reads the item for each attempt, so that
 * a pause of an operator works at once.
 * It writes at most once a second what it has counted, and once a second what it takes of the rate, except when its counts
 * open the breaker.
 */
export const createAdmission = ({ leaseMilliseconds, logger, now, store, wait }: AdmissionOptions): Admission => {
  const all = new Map<string, Known>();

  const see = (own: Known, item: CountedItem): void => {
    own.item = item;
    own.readAt = now();
    own.reads += 1;
  };

  /** Makes the next admission read the item. */
  const forget = (own: Known): void => {
    own.readAt = Number.NEGATIVE_INFINITY;
  };

  const isBlockOver = (at: number): boolean => !(now() - at >= 0 && now() - at < ADMISSION.block);

  const find = async (processor: string): Promise<Known> => {
    const found = all.get(processor);
    if (found !== undefined) return found;
    const item = await store.read(processor);
    const never = Number.NEGATIVE_INFINITY;
    const own = all.get(processor) ?? {
      ...{
        processor,
        item,
        readAt: now(),
        reads: 1,
        writtenAt: never,
        counted: undefined,
        block: NO_BLOCK,
        waits: NO_WAITS,
      },
    };
    all.set(processor, own);
    return own;
  };

  const isClosed = ({ item }: Known): boolean => item.paused === undefined && phaseOf(item.state, now()) === 'closed';

  const tell = (processor: string, why: 'unreachable' | 'gone'): void =>
    logger.error('processor paused', { processor, why }, [{ metric: 'ProcessorPaused', value: 1, by: processor }]);

  /** Opens the breaker, or pauses the processor, if what processes have counted is enough for that. One of them does it. */
  const settle = async (own: Known, { breaker }: DispatchSettings): Promise<void> => {
    const { item, processor } = own;
    const pause = pauseOf(item, breaker, now());
    const change =
      pause !== undefined
        ? pauseUpdate(item.revision, pause)
        : shouldOpen(item, breaker, now())
          ? openUpdate(item, now() + breaker.pause * 1000)
          : undefined;
    if (change === undefined) return;
    const changed = await store.update(processor, change);
    if (changed === undefined) return forget(own);
    see(own, changed);
    tell(processor, pause === undefined ? 'unreachable' : 'gone');
  };

  /** Writes what this process has counted, and takes attempts of the rate. @param size attempts that it takes */
  const write = async (own: Known, settings: DispatchSettings, size: number): Promise<void> => {
    const at = now();
    const counted = isUsable(own.counted, own.item, settings.breaker, at) ? own.counted : undefined;
    own.counted = undefined;
    if (counted === undefined && size === 0) return;
    try {
      const update = additionUpdate(own.item, { counted, taken: size }, settings.breaker, at);
      const item = await store.update(own.processor, update);
      if (item === undefined) return forget(own);
      see(own, item);
      if (size > 0) own.block = blockOf(item, size, settings, inSeconds(at));
    } catch (error) {
      if (counted !== undefined) own.counted = join(counted, own.counted);
      throw error;
    }
    if (counted === undefined) return;
    own.writtenAt = at;
    await settle(own, settings);
  };

  /** True if others should know what this process has counted. Attempts that went well can wait for a while. */
  const isDue = ({ counted, writtenAt }: Known, { breaker }: DispatchSettings): boolean =>
    counted !== undefined &&
    isBlockOver(writtenAt) &&
    (counted.unreachable > 0 || now() - counted.since >= periodSeconds(breaker) * 1000);

  /** Finds what is known of a processor, at most a second old, with attempts of the rate for the present second. */
  const look = async (processor: string, settings: DispatchSettings): Promise<Known> => {
    const own = await find(processor);
    const size = (): number => {
      const second = inSeconds(now());
      const isNeeded = settings.ratePerSecond !== undefined && own.block.second !== second && isClosed(own);
      return isNeeded ? sizeOfBlock(own.block, settings, second) : 0;
    };
    if (isBlockOver(own.readAt)) {
      if (size() > 0 || isDue(own, settings)) await write(own, settings, size());
      if (isBlockOver(own.readAt)) see(own, await store.read(processor));
    }
    if (size() > 0) await write(own, settings, size());
    return own;
  };

  /** Failures to write counts are no failures of the attempt. */
  const quietly = async (processor: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger.error('counts of a processor not written', { processor, error: describeError(error) });
    }
  };

  const report = async (
    own: Known,
    settings: DispatchSettings,
    attempt: { readonly round: string; readonly taskId: string },
    outcome: AttemptReport,
  ): Promise<void> => {
    if (outcome === 'unused') {
      own.block = giveBack(own.block, inSeconds(now()));
      return;
    }
    // The breaker has opened or closed meanwhile.
    if (attempt.round !== roundOf(own.item)) return;
    own.counted = count(own.counted, { ...attempt, outcome }, now());
    // Few tasks get 410, and each may be the last one.
    const isDecisive = outcome === 'gone' || wouldOpen(own.item, own.counted, settings.breaker, now());
    if (isDecisive || isDue(own, settings)) await write(own, settings, 0);
  };

  const admit = (own: Known, settings: DispatchSettings, taskId: string): Admittance => {
    const round = roundOf(own.item);
    return {
      isAdmitted: true,
      report: (outcome) => quietly(own.processor, () => report(own, settings, { round, taskId }, outcome)),
    };
  };

  const endProbe = async (
    own: Known,
    probe: CountedItem,
    settings: DispatchSettings,
    taskId: string,
    outcome: AttemptReport,
  ): Promise<void> => {
    const isUnreachable = outcome === 'unreachable';
    const update =
      outcome === 'unused'
        ? releaseProbeUpdate(probe)
        : endProbeUpdate(probe, isUnreachable ? now() + settings.breaker.pause * 1000 : undefined);
    const item = await store.update(own.processor, update);
    if (item === undefined) return forget(own);
    see(own, item);
    if (isUnreachable) tell(own.processor, 'unreachable');
    if (outcome === 'answered' || outcome === 'gone') {
      logger.info('processor reached again', { processor: own.processor });
      await report(own, settings, { round: roundOf(item), taskId }, outcome);
    }
  };

  /** Lets a task wait for a breaker. The first ones begin in time, and the others one after the other. */
  const refuseUntil = (own: Known, { breaker }: DispatchSettings, until: number): Admittance => {
    const round = roundOf(own.item);
    const count = own.waits.round === round ? own.waits.count + 1 : 1;
    own.waits = { round, count };
    const isPrompt = count <= ADMISSION.promptWaits;
    return { isAdmitted: false, kind: 'open', until, ...(!isPrompt && { spread: breaker.pause * 1000 }) };
  };

  /** Begins the one attempt after the pause of the breaker, if no other process has. */
  const tryProbe = async (own: Known, settings: DispatchSettings, taskId: string): Promise<Admittance> => {
    const { probeUntil = 0 } = own.item.state;
    if (probeUntil > now()) {
      // An attempt that has already taken long may take as long again. Each wait costs a write of the task.
      const age = now() - (probeUntil - leaseMilliseconds);
      const until = Math.min(probeUntil, now() + Math.max(ADMISSION.probeWait, age));
      return refuseUntil(own, settings, until);
    }
    const probe = await store.update(own.processor, beginProbeUpdate(own.item, now() + leaseMilliseconds, now()));
    if (probe === undefined) {
      forget(own);
      return refuseUntil(own, settings, now() + ADMISSION.probeWait);
    }
    see(own, probe);
    return {
      isAdmitted: true,
      report: (outcome) => quietly(own.processor, () => endProbe(own, probe, settings, taskId, outcome)),
    };
  };

  /** Reads the item, unless a write has returned it: an operator may have paused or resumed the processor just now. */
  const lookAgain = async (own: Known, reads: number): Promise<void> => {
    if (reads === own.reads) see(own, await store.read(own.processor));
  };

  return {
    admit: async (processor, settings, taskId) => {
      const patience = now() + ADMISSION.rateWait;
      for (;;) {
        const { reads } = all.get(processor) ?? { reads: 0 };
        const own = await look(processor, settings);
        await lookAgain(own, reads);
        const { paused, state } = own.item;
        if (paused !== undefined) return { isAdmitted: false, kind: 'paused' };
        const phase = phaseOf(state, now());
        if (phase === 'open') return refuseUntil(own, settings, state.openUntil ?? now());
        if (phase === 'halfOpen') return tryProbe(own, settings, taskId);
        if (settings.ratePerSecond === undefined) return admit(own, settings, taskId);
        // A new second has begun, or an operator has resumed the processor.
        if (own.block.second !== inSeconds(now())) continue;
        const { block, isBegun } = beginOne(own.block);
        own.block = block;
        if (isBegun) return admit(own, settings, taskId);
        const until = (inSeconds(now()) + 1) * 1000;
        if (until > patience) return { isAdmitted: false, kind: 'rate', until };
        await wait(until - now());
      }
    },
  };
};
