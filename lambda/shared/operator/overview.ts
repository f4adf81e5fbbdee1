import type { ProcessorCounts, ProcessorView } from '../../contract/operator-api.ts';
import { OVERVIEW_SECONDS, WAITING_TASKS_PER_SHARD } from '../../contract/operator-limits.ts';
import { OUTCOMES, type OutcomeCode } from '../../contract/outcomes.ts';
import type { Registry } from '../../contract/registry.ts';
import { inSeconds } from '../../contract/task.ts';
import { keepFor } from '../keep-for.ts';
import type { CountLetters } from './dead-letter-queues.ts';
import type { SumMetrics, WantedMetric } from './metric-sums.ts';
import type { PendingTasks } from './pending-tasks.ts';
import { type CountsByProcessor, processorMetrics, readProcessorCounts } from './processor-metrics.ts';
import { createProcessors } from './processors.ts';
import type { RaisedAlarm, ReadRaisedAlarms } from './raised-alarms.ts';
import type { OperatorTaskIndex } from './task-index.ts';

/** A processor. Its counts of the last 24 hours are `null` if CloudWatch did not answer. */
export type OverviewProcessor = Omit<ProcessorView, keyof ProcessorCounts> & {
  readonly [C in keyof ProcessorCounts]: number | null;
};

/** Callbacks that were refused for one reason in the last 24 hours. */
export interface RefusalCount {
  readonly code: OutcomeCode;
  readonly count: number;
}

/** Tasks with late deliveries that wait for a decision. */
export interface WaitingTasks {
  readonly count: number;
  /** True if there may be more: only the first ones were counted. */
  readonly isLowerBound: boolean;
}

/** A dead-letter queue. Its count is `null` if the queue did not answer. */
export interface LetterCount {
  readonly queue: string;
  readonly count: number | null;
}

/** The overview of an environment for operators. A part is `null` if the service that has it did not answer. */
export interface OverviewView {
  /** In the order of the registry. */
  readonly processors: readonly OverviewProcessor[] | null;
  /** The most frequent first. Reasons without a refusal are omitted. */
  readonly refusals24h: readonly RefusalCount[] | null;
  /** Tasks that expired in the last 24 hours. */
  readonly expired24h: number | null;
  readonly quarantine: WaitingTasks | null;
  readonly deadLetters: readonly LetterCount[];
  /** The latest first. */
  readonly alarms: readonly RaisedAlarm[] | null;
}

/** Reads the overview. It never rejects because a service is unavailable. */
export type ReadOverview = () => Promise<OverviewView>;

export interface OverviewOptions {
  readonly registry: Registry;
  readonly pending: PendingTasks;
  readonly sumMetrics: SumMetrics;
  readonly index: Pick<OperatorTaskIndex, 'countSparse'>;
  /** Number of shards of each index. */
  readonly indexShards: number;
  /** Names of the dead-letter queues. */
  readonly queues: readonly string[];
  readonly countLetters: CountLetters;
  readonly readRaisedAlarms: ReadRaisedAlarms;
  /** Called once for each part that could not be read. */
  readonly onUnavailable: (part: OverviewPart, error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type OverviewPart = 'processors' | 'metrics' | 'quarantine' | 'dead letters' | 'alarms';

/** Refusals that are counted by reason. */
const REFUSALS = Object.entries(OUTCOMES).flatMap(([code, { metric }]) =>
  metric === 'TokenRefused' || metric === 'CallbackRefused' ? [{ code: code as OutcomeCode, metric }] : [],
);
const ENVIRONMENT_METRICS: readonly WantedMetric[] = [
  ...REFUSALS.map(({ code, metric }) => ({ metric, by: code })),
  { metric: 'TaskExpired' },
];

/** Metrics of the last 24 hours. */
interface Measured {
  readonly byProcessor: CountsByProcessor;
  readonly refusals: readonly RefusalCount[];
  readonly expired: number;
}

/** CloudWatch did not answer. */
const NOT_AVAILABLE = { accepted24h: null, replays24h: null };

/**
 * Reads all parts of the overview at the same time. All metrics are in one request if they are at most 500. Metrics and the counts
 * of pending tasks are kept for a minute, because a page that is left open asks for them every few seconds.
 */
export const createReadOverview = (options: OverviewOptions): ReadOverview => {
  const { countLetters, index, indexShards, now, onUnavailable, pending, queues, registry, sumMetrics } = options;
  const processorIds = Object.keys(registry);

  const readOrNull = async <T>(part: OverviewPart, read: Promise<T>): Promise<T | null> => {
    try {
      return await read;
    } catch (error) {
      onUnavailable(part, error);
      return null;
    }
  };

  const measure = async (seconds: number): Promise<Measured> => {
    const ofProcessors = processorMetrics(processorIds);
    const sums = await sumMetrics([...ofProcessors, ...ENVIRONMENT_METRICS], seconds);
    const ofEnvironment = sums.slice(ofProcessors.length);
    return {
      byProcessor: readProcessorCounts(processorIds, sums),
      refusals: REFUSALS.map(({ code }, i) => ({ code, count: ofEnvironment[i] ?? 0 }))
        .filter(({ count }) => count > 0)
        .sort((one, other) => other.count - one.count),
      expired: ofEnvironment[REFUSALS.length] ?? 0,
    };
  };

  const measureOrKeep = keepFor(OVERVIEW_SECONDS * 1_000, now, () => measure(inSeconds(now())));

  /** Counts the pending tasks, which reads all of them. */
  const listProcessors = keepFor(OVERVIEW_SECONDS * 1_000, now, () =>
    createProcessors({ registry, pending, now, countByProcessor: async () => new Map() }).list(),
  );

  const readProcessors = async (measured: Promise<Measured | null>): Promise<readonly OverviewProcessor[]> => {
    const [processors, found] = await Promise.all([listProcessors(''), measured]);
    return processors.map((processor) => ({
      ...processor,
      ...(found?.byProcessor.get(processor.id) ?? NOT_AVAILABLE),
    }));
  };

  const countWaiting = async (): Promise<WaitingTasks> => {
    const shards = Array.from({ length: indexShards }, (_, shard) => shard);
    const counts = await Promise.all(
      shards.map((shard) => index.countSparse('quarantine', shard, WAITING_TASKS_PER_SHARD)),
    );
    return {
      count: counts.reduce((sum, { count }) => sum + count, 0),
      isLowerBound: counts.some(({ ended }) => !ended),
    };
  };

  const readLetters = async (): Promise<readonly LetterCount[]> => {
    const counts = await Promise.allSettled(queues.map((queue) => countLetters(queue)));
    const failed = counts.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') onUnavailable('dead letters', failed.reason);
    return queues.map((queue, i) => {
      const counted = counts[i];
      return { queue, count: counted?.status === 'fulfilled' ? counted.value : null };
    });
  };

  return async () => {
    const metrics = readOrNull('metrics', measureOrKeep(''));
    const [processors, measured, quarantine, deadLetters, alarms] = await Promise.all([
      readOrNull('processors', readProcessors(metrics)),
      metrics,
      readOrNull('quarantine', countWaiting()),
      readLetters(),
      readOrNull('alarms', options.readRaisedAlarms()),
    ]);
    return {
      processors,
      refusals24h: measured?.refusals ?? null,
      expired24h: measured?.expired ?? null,
      quarantine,
      deadLetters,
      alarms,
    };
  };
};
