import type { Duration } from 'aws-cdk-lib';
import type { MetricName } from '../../lambda/contract/metrics.ts';
import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../lambda/contract/metrics.ts';
import type { MetricIdentity, Sources } from './sources.ts';

/** What the functions count, over all of it. */
export const counted =
  (metric: MetricName) =>
  ({ environmentName }: Sources): readonly MetricIdentity[] => [
    { namespace: METRIC_NAMESPACE, name: metric, dimensions: { [ENVIRONMENT_DIMENSION]: environmentName } },
  ];

/** The same, apart for each value of the metric's second dimension. */
export const countedBy = (
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

/**
 * The processors of which a metric counts most, by its name and theirs, which nobody has to know: of those that it counted
 * anything of within two weeks, and of 500 at most.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export const busiestProcessors = (
  metric: MetricName,
  { environmentName }: Sources,
  { period, statistic, most }: { readonly period: Duration; readonly statistic: string; readonly most: number },
): string => {
  const found = `{${METRIC_NAMESPACE},${ENVIRONMENT_DIMENSION},Processor} MetricName="${metric}" ${ENVIRONMENT_DIMENSION}="${environmentName}"`;
  return `SORT(SEARCH('${found}', '${statistic}', ${period.toSeconds()}), SUM, DESC, ${most})`;
};
