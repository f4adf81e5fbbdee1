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

/** An alarm on one metric, complete. */
export interface AlarmDefinition {
  readonly name: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string | undefined;
  /** Milliseconds. */
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missingData: (typeof MISSING_DATA)[number];
  /** One value for a period's values, of which there is at least one. */
  readonly statistic: (values: readonly number[]) => number;
  readonly breaches: (value: number) => boolean;
}

const Properties = v.object({
  AlarmName: v.optional(v.string()),
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions: v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []),
  Unit: v.optional(v.string()),
  Period: v.pipe(v.number(), v.minValue(1)),
  EvaluationPeriods: v.pipe(v.number(), v.minValue(1)),
  DatapointsToAlarm: v.optional(v.pipe(v.number(), v.minValue(1))),
  Statistic: v.optional(v.picklist(Object.keys(STATISTICS) as (keyof typeof STATISTICS)[])),
  ExtendedStatistic: v.optional(v.pipe(v.string(), v.regex(/^p\d{1,2}(\.\d+)?$|^p100$/))),
  Threshold: v.number(),
  ComparisonOperator: v.picklist(Object.keys(COMPARISONS) as (keyof typeof COMPARISONS)[]),
  TreatMissingData: v.optional(v.picklist(MISSING_DATA), 'missing'),
});

/**
 * Reads an `AWS::CloudWatch::Alarm`.
 * @throws {Error} naming the alarm and what of it cannot be evaluated here: metric math, anomaly bands, wrong values
 */
export const readAlarm = ({ logicalId, properties }: ResolvedResource): AlarmDefinition => {
  if (properties.Metrics !== undefined || properties.ThresholdMetricId !== undefined) {
    throw new Error(`Alarm ${logicalId} is on a metric expression, which is not evaluated here.`);
  }
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new Error(`Alarm ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
  }
  const output = parsed.output;
  const { Statistic: statistic, ExtendedStatistic: extended } = output;
  if ((statistic === undefined) === (extended === undefined)) {
    throw new Error(`Alarm ${logicalId}: expected either Statistic or ExtendedStatistic.`);
  }
  const compare = COMPARISONS[output.ComparisonOperator];
  return {
    name: output.AlarmName ?? logicalId,
    namespace: output.Namespace,
    metric: output.MetricName,
    dimensions: Object.fromEntries(output.Dimensions.map(({ Name, Value }) => [Name, Value])),
    unit: output.Unit,
    period: output.Period * 1_000,
    evaluationPeriods: output.EvaluationPeriods,
    datapointsToAlarm: output.DatapointsToAlarm ?? output.EvaluationPeriods,
    missingData: output.TreatMissingData,
    statistic: statistic === undefined ? percentile(Number(extended?.slice(1))) : STATISTICS[statistic],
    breaches: (value) => compare(value, output.Threshold),
  };
};
