import * as v from 'valibot';

/** One value of one metric with one set of dimensions, as CloudWatch stores it. */
export interface Datapoint {
  readonly namespace: string;
  readonly metric: string;
  readonly unit: string;
  /** Complete: a metric with one dimension more is another metric. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly value: number;
}

const Envelope = v.object({
  _aws: v.object({
    Timestamp: v.number(),
    CloudWatchMetrics: v.array(
      v.object({
        Namespace: v.pipe(v.string(), v.minLength(1)),
        Dimensions: v.array(v.pipe(v.array(v.string()), v.maxLength(30))),
        Metrics: v.array(v.object({ Name: v.string(), Unit: v.optional(v.string(), 'None') })),
      }),
    ),
  }),
});
const Values = v.union([
  v.pipe(
    v.number(),
    v.transform((value) => [value]),
  ),
  v.array(v.number()),
]);

/**
 * The metrics in a log line of CloudWatch's embedded metric format; `undefined` for any other line. As in CloudWatch, a
 * dimension set that names a value that the line does not have as text counts nothing.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const readEmbeddedMetrics = (line: string): readonly Datapoint[] | undefined => {
  const fields = parseObject(line);
  const envelope = v.safeParse(Envelope, fields);
  if (fields === undefined || !envelope.success) return undefined;
  const { Timestamp: time, CloudWatchMetrics: directives } = envelope.output._aws;
  return directives.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metrics }) =>
    sets.flatMap((names) => {
      const dimensions = pickTexts(fields, names);
      if (dimensions === undefined) return [];
      return metrics.flatMap(({ Name: metric, Unit: unit }) => {
        const values = v.safeParse(Values, fields[metric]);
        if (!values.success) return [];
        return values.output.map((value) => ({ namespace, metric, unit, dimensions, time, value }));
      });
    }),
  );
};

const parseObject = (line: string): Readonly<Record<string, unknown>> | undefined => {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

const pickTexts = (
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, string>> | undefined => {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = fields[name];
    if (typeof value !== 'string' || value === '') return undefined;
    picked[name] = value;
  }
  return picked;
};
