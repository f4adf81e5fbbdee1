import type { Duration } from 'aws-cdk-lib';
import type { DoorMetricName, MetricName } from '../../lambda/contract/metrics.ts';
import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../lambda/contract/metrics.ts';
import type { MetricIdentity } from './metric.ts';
import type { Sources } from './sources.ts';

/** A metric that the functions or the network door write, over all values of its second dimension. */
export const ownMetric =
  (metric: MetricName | DoorMetricName) =>
  ({ environmentName }: Sources): readonly MetricIdentity[] => [
    { namespace: METRIC_NAMESPACE, name: metric, dimensions: { [ENVIRONMENT_DIMENSION]: environmentName } },
  ];

/**
 * A metric that the functions write, once for each of these values of its second dimension.
 * @throws {Error} if the metric has no second dimension
 */
export const ownMetricBy = (
  metric: MetricName,
  values: readonly string[],
  { environmentName }: Sources,
): readonly MetricIdentity[] => {
  const { by } = METRICS[metric];
  if (by === null) throw new Error(`The metric ${metric} has no second dimension.`);
  return values.map((value) => ({
    namespace: METRIC_NAMESPACE,
    name: metric,
    dimensions: { [ENVIRONMENT_DIMENSION]: environmentName, [by]: value },
    label: value,
  }));
};

/** Search expression for the rules that block most requests at the network door. It needs no list of rules. */
export const busiestDoorRules = (
  { environmentName }: Sources,
  { period, most }: { readonly period: Duration; readonly most: number },
): string => {
  const search = `{${METRIC_NAMESPACE},${ENVIRONMENT_DIMENSION},Rule} MetricName="DoorBlocked" ${ENVIRONMENT_DIMENSION}="${environmentName}"`;
  return `SORT(SEARCH('${search}', 'Sum', ${period.toSeconds()}), SUM, DESC, ${most})`;
};

/**
 * Search expression for the processors with the highest values of a metric. It needs no list of names. It covers the last
 * two weeks and at most 500 metrics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export const busiestProcessors = (
  metric: MetricName,
  { environmentName }: Sources,
  { period, statistic, most }: { readonly period: Duration; readonly statistic: string; readonly most: number },
): string => {
  const search = `{${METRIC_NAMESPACE},${ENVIRONMENT_DIMENSION},Processor} MetricName="${metric}" ${ENVIRONMENT_DIMENSION}="${environmentName}"`;
  return `SORT(SEARCH('${search}', '${statistic}', ${period.toSeconds()}), SUM, DESC, ${most})`;
};
