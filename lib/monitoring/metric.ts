import type { MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** A metric of CloudWatch. The dimensions are complete: one more or one fewer names another metric. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Legend in a graph with several metrics. */
  readonly label?: string | undefined;
}

/** Converts to the CDK's metric. */
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
