import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE, METRICS, type MetricName } from '../../contract/metrics.ts';
import type { GetMetricData, MetricDataQuery } from '../aws/cloudwatch.ts';

/** A metric of the environment. `by` is the value of its second dimension; without it, all values count. */
export interface WantedMetric {
  readonly metric: MetricName;
  readonly by?: string;
}

/**
 * Sums metrics over the last hours. CloudWatch has a value after a minute or two.
 * @param now seconds since 1970
 * @returns the sum of each wanted metric, in their order; 0 for a metric without a value
 * @throws {Error} if CloudWatch is unavailable
 */
export type SumMetrics = (wanted: readonly WantedMetric[], now: number) => Promise<readonly number[]>;

const DAY_SECONDS = 86_400;

/** The sum of these periods is the wanted time, five minutes more or less. */
const PERIOD_SECONDS = 300;

/**
 * Metrics of one request.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
const MAX_QUERIES = 500;

/**
 * Sums of the metrics that the functions of an environment write.
 * @param lastSeconds time before now
 */
export const createSumMetrics =
  (getMetricData: GetMetricData, environment: string, lastSeconds: number = DAY_SECONDS): SumMetrics =>
  async (wanted, now) => {
    const sums = wanted.map(() => 0);
    const queries = wanted.map((metric, i) => queryOf(`m${i}`, metric, environment));
    for (let begin = 0; begin < queries.length; begin += MAX_QUERIES) {
      const part = queries.slice(begin, begin + MAX_QUERIES);
      for await (const { Id: id = '', Values: values = [] } of results(getMetricData, part, now - lastSeconds, now)) {
        const i = Number(id.slice(1));
        const sum = sums[i];
        if (sum !== undefined) sums[i] = values.reduce((total, value) => total + value, sum);
      }
    }
    return sums;
  };

/** Reads every page. A metric may be on several pages. */
async function* results(getMetricData: GetMetricData, queries: readonly MetricDataQuery[], start: number, end: number) {
  let next: string | undefined;
  do {
    const page = await getMetricData({
      MetricDataQueries: queries,
      StartTime: start,
      EndTime: end,
      ...(next !== undefined && { NextToken: next }),
    });
    yield* page.MetricDataResults ?? [];
    next = page.NextToken;
  } while (next !== undefined);
}

const queryOf = (id: string, { by, metric }: WantedMetric, environment: string): MetricDataQuery => {
  const { by: dimension } = METRICS[metric];
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: METRIC_NAMESPACE,
        MetricName: metric,
        Dimensions: [
          { Name: ENVIRONMENT_DIMENSION, Value: environment },
          ...(dimension !== null && by !== undefined ? [{ Name: dimension, Value: by }] : []),
        ],
      },
      Period: PERIOD_SECONDS,
      Stat: 'Sum',
    },
  };
};
