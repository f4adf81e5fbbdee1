import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { OPERATOR_ACTIONS, type OperatorAction } from '../lambda/contract/audit.ts';
import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE, METRICS, type MetricName } from '../lambda/contract/metrics.ts';
import type { Environment } from '../lib/config/environment.ts';
import { suggestion } from '../lib/config/near-names.ts';

type By<M extends MetricName> = (typeof METRICS)[M]['by'];

interface DimensionValues<Application extends string> {
  /** Action of an operator. */
  readonly action: OperatorAction;
  /** Id of an application. */
  readonly application: Application;
  /** Id of a processor. */
  readonly processor: string;
  /** Reason of a refusal, as the log names it. */
  readonly reason: string;
}

/** The dimension that a metric has beside the environment, if it has one. */
export type MetricDimensions<M extends MetricName, Application extends string = string> =
  By<M> extends string
    ? Partial<Pick<DimensionValues<Application>, Lowercase<By<M>> & keyof DimensionValues<Application>>>
    : Readonly<Record<string, never>>;

/** Latency is judged by its slow end. Each run of a rotation writes the same count again. */
const statisticOf = (name: MetricName): string => {
  if (METRICS[name].unit === 'Milliseconds') return Stats.percentile(99);
  return name === 'NextSigningKeys' ? Stats.MAXIMUM : Stats.SUM;
};

/**
 * Makes a metric that the functions write. CloudWatch has values for exactly the dimension sets that were written, and none for
 * another set, so that an alarm on it would never be raised.
 * @throws {Error} if the functions write no such set
 * @internal
 */
export const metricOf = (
  { applications, name: environmentName, registry }: Pick<Environment, 'applications' | 'name' | 'registry'>,
  path: string,
  name: MetricName,
  dimensions: Readonly<Record<string, string | undefined>>,
  options: MetricOptions,
): Metric => {
  const fail = (problem: string): never => {
    throw new Error(`${path}: ${problem}`);
  };
  if (!Object.hasOwn(METRICS, name)) {
    const names = Object.keys(METRICS);
    fail(`there is no metric ${name}; expected one of ${names.join(', ')}. ${suggestion(name, names)}`.trim());
  }
  const { by } = METRICS[name];
  const given = Object.entries(dimensions).filter((one): one is [string, string] => one[1] !== undefined);
  const word = by?.toLowerCase();
  for (const [dimension, value] of given) {
    if (dimension !== word) {
      const sets = word === undefined ? 'only {}' : `{} or { ${word} }`;
      fail(`the metric ${name} is not written by { ${given.map(([one]) => one).join(', ')} }; expected ${sets}.`);
    }
    const known = {
      action: OPERATOR_ACTIONS,
      application: Object.keys(applications),
      processor: Object.keys(registry),
    };
    const values: readonly string[] | undefined = known[dimension as keyof typeof known];
    if (values !== undefined && !values.includes(value)) {
      fail(
        `there is no ${dimension} "${value}" for the metric ${name}; expected one of ${values.join(', ')}. ` +
          suggestion(value, values),
      );
    }
  }
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    statistic: statisticOf(name),
    ...options,
    dimensionsMap: {
      [ENVIRONMENT_DIMENSION]: environmentName,
      ...(by !== null && Object.fromEntries(given.map(([, value]) => [by, value]))),
    },
  });
};
