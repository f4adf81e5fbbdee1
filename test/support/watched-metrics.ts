/** A metric as an alarm or a widget of a template names it; values of dimensions may be intrinsics. */
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

/** Every metric that an alarm of a template watches: one, or those of its expression. */
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
