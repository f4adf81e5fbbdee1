import type { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf } from './template.ts';

/** A metric of an alarm or a widget in a template. Values of dimensions may be intrinsic functions. */
export interface WatchedMetric {
  readonly namespace: unknown;
  readonly name: unknown;
  readonly dimensions: Readonly<Record<string, unknown>>;
}

interface MetricProperties {
  readonly Namespace?: unknown;
  readonly MetricName?: unknown;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** All metrics of an alarm in a template: one, or those of its expression. */
export const metricsOf = (alarm: Readonly<Record<string, unknown>>): readonly WatchedMetric[] => {
  const queries = alarm.Metrics as
    | readonly { readonly MetricStat?: { readonly Metric: MetricProperties } }[]
    | undefined;
  const metrics =
    queries === undefined ? [alarm as MetricProperties] : queries.flatMap((query) => query.MetricStat?.Metric ?? []);
  return metrics.map(({ Dimensions = [], MetricName, Namespace }) => ({
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  }));
};

/** Metrics that filters count in the logs of a template: `NAMESPACE NAME`. */
export const countedInLogs = (template: Template): readonly string[] =>
  Object.values(resourcesOf(template, 'AWS::Logs::MetricFilter')).flatMap(({ Properties }) =>
    (
      Properties.MetricTransformations as readonly { readonly MetricNamespace: string; readonly MetricName: string }[]
    ).map(({ MetricName, MetricNamespace }) => `${MetricNamespace} ${MetricName}`),
  );
