import * as v from 'valibot';
import type { AlarmNow } from '../alarms/alarms.ts';
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

const DescribeAlarms = v.strictObject({
  AlarmNamePrefix: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(255)), ''),
  AlarmTypes: v.optional(v.array(v.picklist(['MetricAlarm', 'CompositeAlarm'])), ['MetricAlarm']),
  StateValue: v.optional(v.picklist(['OK', 'ALARM', 'INSUFFICIENT_DATA'])),
  MaxRecords: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 50),
  NextToken: v.optional(v.string()),
});

export interface CloudWatchOptions {
  readonly region: string;
  readonly accountId: string;
  readonly values: Pick<MetricValues, 'sums'>;
  /** Returns the alarms with their states now, always in the same order. */
  readonly alarms: () => readonly AlarmNow[];
}

/**
 * Stand-in for Amazon CloudWatch: `GetMetricData` of sums, over the metrics that the functions wrote, and `DescribeAlarms`.
 * Metrics are there at once, where CloudWatch takes a minute or two.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export const createCloudWatch = (options: CloudWatchOptions): JsonService => ({
  targetPrefix: 'GraniteServiceVersion20100801',
  version: '1.0',
  operations: {
    GetMetricData: (input) => getMetricData(options, input),
    DescribeAlarms: (input) => describeAlarms(options, input),
  },
});

const parse = <S extends v.GenericSchema>(schema: S, input: Input): v.InferOutput<S> => {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw invalid(`${v.getDotPath(issue) ?? 'input'}: ${issue.message}`);
};

const getMetricData = ({ values }: CloudWatchOptions, input: Input): object => {
  const { EndTime: end, MetricDataQueries: queries, StartTime: start } = parse(GetMetricData, input);
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

const describeAlarms = ({ accountId, alarms, region }: CloudWatchOptions, input: Input): object => {
  const {
    AlarmNamePrefix: prefix,
    AlarmTypes: types,
    MaxRecords: most,
    NextToken: token,
    StateValue: wanted,
  } = parse(DescribeAlarms, input);
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isSafeInteger(from) || from < 0) throw new ServiceError('InvalidNextToken', 'The token is not valid.');
  const found = alarms().filter(
    ({ name, state, type }) =>
      name.startsWith(prefix) && types.includes(type) && (wanted === undefined || state === wanted),
  );
  const page = found.slice(from, from + most);
  const show = (shown: AlarmNow['type']) =>
    page
      .filter(({ type }) => type === shown)
      .map(({ name, since, state }) => ({
        AlarmName: name,
        AlarmArn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
        StateValue: state,
        // Seconds, as all times in AWS JSON.
        ...(since !== undefined && { StateUpdatedTimestamp: since / 1_000, StateTransitionedTimestamp: since / 1_000 }),
      }));
  return {
    MetricAlarms: show('MetricAlarm'),
    CompositeAlarms: show('CompositeAlarm'),
    ...(from + most < found.length && { NextToken: `${from + most}` }),
  };
};

const invalid = (message: string): ServiceError => new ServiceError('ValidationError', message);
