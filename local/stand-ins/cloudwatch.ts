import * as v from 'valibot';
import { type Input, type JsonService, ServiceError } from './aws-json.ts';
import type { MetricValues } from './metric-values.ts';

/** Metrics of one request. */
const MAX_QUERIES = 500;

/** `strictObject`: what CloudWatch would do and we do not is refused by name. */
const GetMetricData = v.strictObject({
  StartTime: v.number(),
  EndTime: v.number(),
  MetricDataQueries: v.pipe(
    v.array(
      v.strictObject({
        Id: v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9_]*$/)),
        MetricStat: v.strictObject({
          Metric: v.strictObject({
            Namespace: v.string(),
            MetricName: v.string(),
            Dimensions: v.optional(v.array(v.strictObject({ Name: v.string(), Value: v.string() })), []),
          }),
          // Seconds.
          Period: v.pipe(v.number(), v.integer(), v.minValue(60), v.multipleOf(60)),
          Stat: v.literal('Sum'),
        }),
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_QUERIES),
  ),
});

/**
 * Stand-in for Amazon CloudWatch: `GetMetricData` of sums, over the metrics that the functions wrote. They are there at once,
 * where CloudWatch takes a minute or two.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export const createCloudWatch = (values: Pick<MetricValues, 'sums'>): JsonService => ({
  targetPrefix: 'GraniteServiceVersion20100801',
  version: '1.0',
  operations: { GetMetricData: (input) => getMetricData(values, input) },
});

const getMetricData = (values: Pick<MetricValues, 'sums'>, input: Input): object => {
  const parsed = v.safeParse(GetMetricData, input);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw invalid(`${v.getDotPath(issue) ?? 'input'}: ${issue.message}`);
  }
  const { EndTime: end, MetricDataQueries: queries, StartTime: start } = parsed.output;
  if (start >= end) throw invalid('StartTime must be less than EndTime.');
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length) throw invalid('The ids must be unique.');
  return {
    Messages: [],
    MetricDataResults: queries.map(({ Id, MetricStat: { Metric, Period } }) => {
      const metric = {
        namespace: Metric.Namespace,
        metric: Metric.MetricName,
        dimensions: Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value])),
      };
      const sums = values.sums(metric, start * 1_000, end * 1_000, Period * 1_000);
      return {
        Id,
        Label: Metric.MetricName,
        StatusCode: 'Complete',
        Timestamps: sums.map(({ time }) => time / 1_000),
        Values: sums.map(({ sum }) => sum),
      };
    }),
  };
};

const invalid = (message: string): ServiceError => new ServiceError('ValidationError', message);
