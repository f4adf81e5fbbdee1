import type { ResolvedResource } from '../resource.ts';
import { type AlarmDefinition, readAlarm, type WatchedMetric } from './alarm-definition.ts';
import { type CompositeAlarm, readCompositeAlarm } from './composite-alarm.ts';
import { type Datapoint, readEmbeddedMetrics } from './embedded-metrics.ts';

export const ALARM_TYPES = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'] as const;

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** An alarm and its state now. */
export interface AlarmNow {
  readonly name: string;
  readonly type: 'MetricAlarm' | 'CompositeAlarm';
  readonly state: AlarmState;
  /** Milliseconds since 1970: the last change of the state that was noticed; undefined if it has not changed. */
  readonly since: number | undefined;
}

export interface Alarms {
  /** Counts the metrics of a log line. Returns false if the line contains no metrics. */
  record(line: string): boolean;
  /**
   * The state now.
   * @throws {Error} when there is no alarm of that name that can be evaluated
   */
  state(name: string): AlarmState;
  /** All alarms that are evaluated, by name. */
  list(): readonly AlarmNow[];
  /** Names of the alarms that are evaluated. */
  readonly names: readonly string[];
  /** Alarms that are not, each with its reason as a sentence. */
  readonly notEvaluated: readonly string[];
}

/**
 * Evaluates the template's alarms over the functions' log lines. An alarm sees a metric only if namespace, name and all
 * of its dimensions are the same, no more and no fewer, as in CloudWatch. Periods end now instead of at full minutes:
 * an alarm is raised as soon as its metric arrives and stays raised for a whole period.
 * @param now milliseconds since 1970
 */
export const watchAlarms = (resources: readonly ResolvedResource[], now: () => number = Date.now): Alarms => {
  const watches = new Map<string, Watch>();
  const composites = new Map<string, CompositeAlarm>();
  const notEvaluated: string[] = [];
  const lookAt = (name: string): AlarmNow => {
    const composite = composites.get(name);
    if (composite !== undefined) {
      const raised = composite.anyOf.map(lookAt).filter(({ state }) => state === 'ALARM');
      const times = raised.flatMap(({ since }) => since ?? []);
      const since = times.length === 0 ? undefined : Math.min(...times);
      return { name, type: 'CompositeAlarm', state: raised.length > 0 ? 'ALARM' : 'OK', since };
    }
    const watch = watches.get(name);
    if (watch === undefined) {
      throw new Error(
        `There is no alarm "${name}"; there are: ${[...watches.keys(), ...composites.keys()].join(', ')}.`,
      );
    }
    return { name, type: 'MetricAlarm', state: watch.state(now()), since: watch.since };
  };
  for (const resource of resources) {
    try {
      if (resource.type === 'AWS::CloudWatch::CompositeAlarm') {
        const composite = readCompositeAlarm(resource);
        composites.set(composite.name, composite);
      } else {
        const definition = readAlarm(resource);
        watches.set(definition.name, new Watch(definition));
      }
    } catch (error) {
      notEvaluated.push(error instanceof Error ? error.message : String(error));
    }
  }
  const names = [...watches.keys(), ...composites.keys()];
  return {
    record: (line) => {
      const datapoints = readEmbeddedMetrics(line);
      for (const datapoint of datapoints ?? []) {
        for (const watch of watches.values()) watch.add(datapoint, now());
      }
      return datapoints !== undefined;
    },
    state: (name) => lookAt(name).state,
    list: () => names.toSorted().map(lookAt),
    names,
    notEvaluated,
  };
};

/** One alarm and the values that it may still need. */
class Watch {
  readonly #definition: AlarmDefinition;
  #values: { readonly of: WatchedMetric; readonly time: number; readonly value: number }[] = [];
  #state: AlarmState = 'INSUFFICIENT_DATA';
  #since: number | undefined;

  /** Milliseconds since 1970: when a look noticed the last change of the state. */
  get since(): number | undefined {
    return this.#since;
  }

  constructor(definition: AlarmDefinition) {
    this.#definition = definition;
  }

  add(datapoint: Datapoint, now: number): void {
    const { time, value } = datapoint;
    const mine = this.#definition.metrics.filter((metric) => isOf(metric, datapoint));
    if (mine.length === 0) return;
    this.#values.push(...mine.map((of) => ({ of, time, value })));
    this.state(now);
  }

  state(now: number): AlarmState {
    const { breaches, combine, evaluationPeriods, metrics, period } = this.#definition;
    this.#values = this.#values.filter(({ time }) => time > now - period * evaluationPeriods);
    const periods = Array.from({ length: evaluationPeriods }, (_, index) => {
      const inPeriod = this.#values.filter(({ time }) => Math.max(0, Math.floor((now - time) / period)) === index);
      const combined = combine(
        metrics.map((metric) => {
          const values = inPeriod.filter(({ of }) => of === metric).map(({ value }) => value);
          return values.length === 0 ? undefined : metric.statistic(values);
        }),
      );
      return combined === undefined ? undefined : breaches(combined);
    });
    const before = this.#state;
    this.#state = evaluate(periods, this.#definition, before);
    if (this.#state !== before) this.#since = now;
    return this.#state;
  }
}

const isOf = (watched: WatchedMetric, { namespace, metric, unit, dimensions }: Datapoint): boolean => {
  const wanted = Object.entries(watched.dimensions);
  return (
    namespace === watched.namespace &&
    metric === watched.metric &&
    (watched.unit === undefined || watched.unit === unit) &&
    wanted.length === Object.keys(dimensions).length &&
    wanted.every(([name, value]) => dimensions[name] === value)
  );
};

/**
 * @param periods whether each breaches; `undefined` where nothing was counted
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const evaluate = (
  periods: readonly (boolean | undefined)[],
  { datapointsToAlarm, missingData }: AlarmDefinition,
  before: AlarmState,
): AlarmState => {
  const breaching = periods.filter((breaches) => breaches === true).length;
  const missing = periods.filter((breaches) => breaches === undefined).length;
  const present = periods.length - missing;
  switch (missingData) {
    case 'breaching':
      return breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK';
    case 'notBreaching':
      return breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
    case 'ignore':
      if (breaching >= datapointsToAlarm) return 'ALARM';
      return breaching + missing < datapointsToAlarm ? 'OK' : before;
    case 'missing':
      if (present === 0) return 'INSUFFICIENT_DATA';
      return breaching >= Math.min(datapointsToAlarm, present) ? 'ALARM' : 'OK';
  }
};
