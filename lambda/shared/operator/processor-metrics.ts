import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE, type METRICS, type MetricName } from '../../contract/metrics.ts';
import type { GetMetricData, MetricDataQuery } from '../aws/cloudwatch.ts';

/** Counts of one processor in the last 24 hours. */
export interface ProcessorCounts {
  readonly accepted24h: number;
  readonly replays24h: number;
}

/**
 * Counts the callbacks and replays of processors in the last 24 hours. CloudWatch shows a callback after a minute or two.
 * @param now seconds since 1970
 * @throws {Error} if CloudWatch is unavailable
 */
export type CountByProcessor = (
  processors: readonly string[],
  now: number,
) => Promise<ReadonlyMap<string, ProcessorCounts>>;

const DAY_SECONDS = 86_400;

/** The sum of these periods is the last 24 hours, five minutes more or less. */
const PERIOD_SECONDS = 300;

const MEASURED = {
  accepted24h: 'CallbackAccepted',
  replays24h: 'ReplayDetected',
} as const satisfies Record<keyof ProcessorCounts, MetricName>;
const COUNTS = Object.entries(MEASURED) as readonly (readonly [keyof ProcessorCounts, keyof typeof METRICS])[];

/**
 * Metrics of one request.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
const MAX_QUERIES = 500;

/** Counts of processors, from the metrics that the functions write. */
export const createCountByProcessor =
  (getMetricData: GetMetricData, environment: string): CountByProcessor =>
  async (processors, now) => {
    const counts = new Map<string, Record<keyof ProcessorCounts, number>>(
      processors.map((processor) => [processor, { accepted24h: 0, replays24h: 0 }]),
    );
    const wanted = processors.flatMap((processor) => COUNTS.map(([count, metric]) => ({ processor, count, metric })));
    for (let begin = 0; begin < wanted.length; begin += MAX_QUERIES) {
      const part = wanted.slice(begin, begin + MAX_QUERIES);
      const queries = part.map(({ metric, processor }, i) => queryOf(`m${i}`, metric, environment, processor));
      for await (const { Id: id = '', Values: values = [] } of results(getMetricData, queries, now)) {
        const query = part[Number(id.slice(1))];
        if (query === undefined) continue;
        const sums = counts.get(query.processor);
        if (sums !== undefined) sums[query.count] += values.reduce((sum, value) => sum + value, 0);
      }
    }
    return counts;
  };

/** Reads every page. A metric may be on several pages. */
async function* results(getMetricData: GetMetricData, queries: readonly MetricDataQuery[], now: number) {
  let next: string | undefined;
  do {
    const page = await getMetricData({
      MetricDataQueries: queries,
      StartTime: now - DAY_SECONDS,
      EndTime: now,
      ...(next !== undefined && { NextToken: next }),
    });
    yield* page.MetricDataResults ?? [];
    next = page.NextToken;
  } while (next !== undefined);
}

const queryOf = (id: string, metric: MetricName, environment: string, processor: string): MetricDataQuery => ({
  Id: id,
  MetricStat: {
    Metric: {
      Namespace: METRIC_NAMESPACE,
      MetricName: metric,
      Dimensions: [
        { Name: ENVIRONMENT_DIMENSION, Value: environment },
        { Name: 'Processor' satisfies (typeof METRICS)[typeof metric]['by'], Value: processor },
      ],
    },
    Period: PERIOD_SECONDS,
    Stat: 'Sum',
  },
});
