import type { MetricName } from '../../contract/metrics.ts';
import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../contract/metrics.ts';

/** One value of a metric. `by` is the value of its second dimension, if it has one. */
export interface Measurement {
  readonly metric: MetricName;
  readonly value: number;
  readonly by?: string;
}

/** Fields of a log line. They never contain a token, short code, `Authorization` value, cookie or payload. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one line for each request: a JSON object with the log entry and, in embedded metric format, its metrics. */
export interface Logger {
  info(message: string, fields?: Fields, measurements?: readonly Measurement[]): void;
  error(message: string, fields?: Fields, measurements?: readonly Measurement[]): void;
}

/**
 * Creates a logger in CloudWatch's embedded metric format. JSON encoding prevents that text of a client ends a line or adds
 * a field.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param write writes one line, given without its line feed
 * @param now milliseconds since 1970
 */
export const createLogger = (
  environment: string,
  functionName: string,
  write: (line: string) => void,
  now: () => number = Date.now,
): Logger => {
  const line = (level: 'INFO' | 'ERROR', message: string, fields: Fields, measurements: readonly Measurement[]) => {
    const time = now();
    write(
      JSON.stringify({
        timestamp: new Date(time).toISOString(),
        level,
        message,
        function: functionName,
        ...fields,
        ...(measurements.length > 0 && embeddedMetrics(environment, time, measurements)),
      }),
    );
  };
  return {
    info: (message, fields = {}, measurements = []) => line('INFO', message, fields, measurements),
    error: (message, fields = {}, measurements = []) => line('ERROR', message, fields, measurements),
  };
};

const embeddedMetrics = (environment: string, time: number, measurements: readonly Measurement[]) => {
  const values: Record<string, string | number> = { [ENVIRONMENT_DIMENSION]: environment };
  const directives = measurements.map(({ metric, value, by }) => {
    const { unit, by: dimension } = METRICS[metric];
    values[metric] = value;
    const dimensions = [[ENVIRONMENT_DIMENSION]];
    if (dimension !== null && by !== undefined) {
      values[dimension] = by;
      dimensions.push([ENVIRONMENT_DIMENSION, dimension]);
    }
    return { Namespace: METRIC_NAMESPACE, Dimensions: dimensions, Metrics: [{ Name: metric, Unit: unit }] };
  });
  return { _aws: { Timestamp: time, CloudWatchMetrics: directives }, ...values };
};
