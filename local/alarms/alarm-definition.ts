import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const STATISTICS = {
  Sum: sum,
  Average: (values: readonly number[]) => sum(values) / values.length,
  Minimum: (values: readonly number[]) => Math.min(...values),
  Maximum: (values: readonly number[]) => Math.max(...values),
  SampleCount: (values: readonly number[]) => values.length,
} as const;

/** The nearest rank: with few values CloudWatch's interpolation says little more. */
const percentile = (percent: number) => (values: readonly number[]) => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
};

export const MISSING_DATA = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

/** A metric of an alarm, and how the values of a period become one value. A period has at least one value. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string | undefined;
  readonly statistic: (values: readonly number[]) => number;
}

/** An alarm, complete. */
export interface AlarmDefinition {
  readonly name: string;
  readonly metrics: readonly WatchedMetric[];
  /** Combines the metrics' values of a period into one. `undefined` stands for a metric without a value, or for no result. */
  readonly combine: (values: readonly (number | undefined)[]) => number | undefined;
  /** Milliseconds. */
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missingData: (typeof MISSING_DATA)[number];
  readonly breaches: (value: number) => boolean;
}

const Dimensions = v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []);
const Period = v.pipe(v.number(), v.minValue(1));
const STATISTIC_NAMES = Object.keys(STATISTICS) as (keyof typeof STATISTICS)[];
const PERCENTILE = /^p\d{1,2}(\.\d+)?$|^p100$/;

const Common = v.object({
  AlarmName: v.optional(v.string()),
  EvaluationPeriods: v.pipe(v.number(), v.minValue(1)),
  DatapointsToAlarm: v.optional(v.pipe(v.number(), v.minValue(1))),
  Threshold: v.number(),
  ComparisonOperator: v.picklist(Object.keys(COMPARISONS) as (keyof typeof COMPARISONS)[]),
  TreatMissingData: v.optional(v.picklist(MISSING_DATA), 'missing'),
});

const OneMetric = v.object({
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions,
  Unit: v.optional(v.string()),
  Period,
  Statistic: v.optional(v.picklist(STATISTIC_NAMES)),
  ExtendedStatistic: v.optional(v.pipe(v.string(), v.regex(PERCENTILE))),
});

const Metrics = v.array(
  v.union([
    v.object({ Id: v.string(), Expression: v.string(), ReturnData: v.optional(v.boolean(), true) }),
    v.object({
      Id: v.string(),
      MetricStat: v.object({
        Metric: v.object({ Namespace: v.string(), MetricName: v.string(), Dimensions }),
        Period,
        Stat: v.picklist(STATISTIC_NAMES),
        Unit: v.optional(v.string()),
      }),
      ReturnData: v.literal(false),
    }),
  ]),
);

/** The metrics of an alarm and its period. */
type Watched = Pick<AlarmDefinition, 'metrics' | 'combine' | 'period'>;

/**
 * Reads an `AWS::CloudWatch::Alarm`.
 * @throws {Error} naming the alarm and what of it cannot be evaluated here: other expressions than sums of metrics whose
 * gaps are filled with 0, anomaly bands, wrong values
 */
export const readAlarm = ({ logicalId, properties }: ResolvedResource): AlarmDefinition => {
  if (properties.ThresholdMetricId !== undefined) {
    throw new Error(`Alarm ${logicalId} is on an anomaly band, which is not evaluated here.`);
  }
  const common = parse(logicalId, Common, properties);
  const compare = COMPARISONS[common.ComparisonOperator];
  return {
    name: common.AlarmName ?? logicalId,
    ...(properties.Metrics === undefined ? readMetric(logicalId, properties) : readSum(logicalId, properties.Metrics)),
    evaluationPeriods: common.EvaluationPeriods,
    datapointsToAlarm: common.DatapointsToAlarm ?? common.EvaluationPeriods,
    missingData: common.TreatMissingData,
    breaches: (value) => compare(value, common.Threshold),
  };
};

const readMetric = (logicalId: string, properties: ResolvedResource['properties']): Watched => {
  const { Period: seconds, ...one } = parse(logicalId, OneMetric, properties);
  const { ExtendedStatistic: extended, Statistic: statistic } = one;
  if ((statistic === undefined) === (extended === undefined)) {
    throw new Error(`Alarm ${logicalId}: expected either Statistic or ExtendedStatistic.`);
  }
  const fold = statistic === undefined ? percentile(Number(extended?.slice(1))) : STATISTICS[statistic];
  return { metrics: [watched(one, fold)], combine: ([value]) => value, period: seconds * 1_000 };
};

/**
 * `SUM([FILL(a, 0), FILL(b, 0)])` over metrics that are given beside it: where none has a value, it is 0. Such a sum of the others
 * may be subtracted from that of the first metrics.
 */
const readSum = (logicalId: string, given: unknown): Watched => {
  const all = parse(logicalId, Metrics, given);
  const expressions = all.filter((one) => 'Expression' in one);
  const metrics = all.filter((one) => 'MetricStat' in one);
  const [expression, ...more] = expressions;
  const sumOf = (some: typeof metrics): string => `SUM([${some.map(({ Id }) => `FILL(${Id}, 0)`).join(', ')}])`;
  const added = metrics.findIndex((_, index) => {
    const [first, others] = [metrics.slice(0, index + 1), metrics.slice(index + 1)];
    return expression?.Expression === [sumOf(first), ...(others.length > 0 ? [sumOf(others)] : [])].join(' - ');
  });
  const periods = new Set(metrics.map(({ MetricStat }) => MetricStat.Period));
  const [seconds] = periods;
  if (added < 0 || more.length > 0 || seconds === undefined || periods.size > 1) {
    throw new Error(`Alarm ${logicalId} is on the expression ${expression?.Expression}, which is not evaluated here.`);
  }
  return {
    metrics: metrics.map(({ MetricStat: { Metric, Stat, Unit } }) => watched({ ...Metric, Unit }, STATISTICS[Stat])),
    combine: (values) => sum(values.map((value = 0, index) => (index <= added ? value : -value))),
    period: seconds * 1_000,
  };
};

const watched = (
  metric: Pick<v.InferOutput<typeof OneMetric>, 'Namespace' | 'MetricName' | 'Dimensions' | 'Unit'>,
  statistic: WatchedMetric['statistic'],
): WatchedMetric => ({
  namespace: metric.Namespace,
  metric: metric.MetricName,
  dimensions: Object.fromEntries(metric.Dimensions.map(({ Name, Value }) => [Name, Value])),
  unit: metric.Unit,
  statistic,
});

const parse = <S extends v.GenericSchema>(logicalId: string, schema: S, value: unknown): v.InferOutput<S> => {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new Error(`Alarm ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
};
