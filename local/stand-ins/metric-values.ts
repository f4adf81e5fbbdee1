import { existsSync, readFileSync } from 'node:fs';
import { type Datapoint, readEmbeddedMetrics } from '../alarms/embedded-metrics.ts';

/** A metric: another set of dimensions is another metric, also if it has one more. */
export type MetricIdentity = Pick<Datapoint, 'namespace' | 'metric' | 'dimensions'>;

/** Milliseconds: values are summed by minute, the finest period of a metric from a log line. */
const MINUTE = 60_000;

/** The metrics that the functions wrote, as CloudWatch takes them out of log lines. */
export class MetricValues {
  readonly #minutes = new Map<string, Map<number, number>>();

  /** @param metricsFile lines of earlier runs, if the file exists */
  constructor(metricsFile?: string) {
    if (metricsFile === undefined || !existsSync(metricsFile)) return;
    for (const line of readFileSync(metricsFile, 'utf8').split('\n')) this.record(line);
  }

  /** Counts the metrics of a log line. A line without metrics counts nothing. */
  record(line: string): void {
    for (const datapoint of readEmbeddedMetrics(line) ?? []) {
      const key = keyOf(datapoint);
      const minutes = this.#minutes.get(key) ?? new Map<number, number>();
      this.#minutes.set(key, minutes);
      const minute = Math.floor(datapoint.time / MINUTE) * MINUTE;
      minutes.set(minute, (minutes.get(minute) ?? 0) + datapoint.value);
    }
  }

  /**
   * Returns the sums of the periods that have values, the latest first.
   * @param from milliseconds since 1970, included
   * @param to milliseconds since 1970, not included
   * @param period milliseconds, in whole minutes
   */
  sums(metric: MetricIdentity, from: number, to: number, period: number): readonly { time: number; sum: number }[] {
    const sums = new Map<number, number>();
    for (const [minute, sum] of this.#minutes.get(keyOf(metric)) ?? []) {
      const time = Math.floor(minute / period) * period;
      if (time >= Math.floor(from / period) * period && time < to) sums.set(time, (sums.get(time) ?? 0) + sum);
    }
    return [...sums].map(([time, sum]) => ({ time, sum })).sort((one, other) => other.time - one.time);
  }
}

const keyOf = ({ dimensions, metric, namespace }: MetricIdentity): string =>
  JSON.stringify([namespace, metric, Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1))]);
