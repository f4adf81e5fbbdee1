import type { MetricName } from '../../contract/metrics.ts';
import type { ProcessorCounts } from '../../contract/operator-api.ts';
import type { SumMetrics, WantedMetric } from './metric-sums.ts';

export type CountsByProcessor = ReadonlyMap<string, ProcessorCounts>;

/**
 * Counts the callbacks and replays of processors in the last 24 hours.
 * @param now seconds since 1970
 * @throws {Error} if CloudWatch is unavailable
 */
export type CountByProcessor = (processors: readonly string[], now: number) => Promise<CountsByProcessor>;

const MEASURED = {
  accepted24h: 'CallbackAccepted',
  replays24h: 'ReplayDetected',
} as const satisfies Record<keyof ProcessorCounts, MetricName>;
const METRICS_OF_EACH = Object.values(MEASURED);

/** Returns the metrics of the processors' counts. */
export const processorMetrics = (processors: readonly string[]): readonly WantedMetric[] =>
  processors.flatMap((by) => METRICS_OF_EACH.map((metric) => ({ metric, by })));

/** Returns the counts from the sums of `processorMetrics`. */
export const readProcessorCounts = (processors: readonly string[], sums: readonly number[]): CountsByProcessor =>
  new Map(
    processors.map((processor, i) => {
      const [accepted24h = 0, replays24h = 0] = sums.slice(i * METRICS_OF_EACH.length);
      return [processor, { accepted24h, replays24h }];
    }),
  );

/** Counts of processors, from the metrics that the functions write. */
export const createCountByProcessor =
  (sumMetrics: SumMetrics): CountByProcessor =>
  async (processors, now) =>
    readProcessorCounts(processors, await sumMetrics(processorMetrics(processors), now));
