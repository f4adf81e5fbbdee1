import type { MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricIdentity } from './sources.ts';

/** A metric as constructs take it. */
export const toMetric = (
  { dimensions, label, name, namespace }: MetricIdentity,
  options: Pick<MetricOptions, 'statistic' | 'period'>,
): Metric =>
  new Metric({
    namespace,
    metricName: name,
    dimensionsMap: dimensions,
    ...(label !== undefined && { label }),
    ...options,
  });
