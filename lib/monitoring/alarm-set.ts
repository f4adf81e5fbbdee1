import type { AlarmBase, IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  MathExpression,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { alarmNamePrefix } from '../../lambda/contract/alarms.ts';
import type { Environment } from '../config/environment.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { AlarmTopics } from './alarm-topics.ts';
import type { AlarmName, PagerAlarmName } from './alarms.ts';
import { ALARMS, PAGER_ALARMS, runbookAnchor } from './alarms.ts';
import { type MetricIdentity, toMetric } from './metric.ts';
import type { Sources } from './sources.ts';

export interface AlarmSetProps {
  readonly environment: Environment;
  readonly sources: Sources;
}

/** The alarms of one environment. A ticket is sent directly; a page is sent by the pager alarm of its concern. */
export class AlarmSet extends Construct {
  readonly alarms: ReadonlyMap<AlarmName, AlarmBase>;
  /** In the order of `PAGER_ALARMS`. */
  readonly pagerAlarms: readonly AlarmBase[];

  constructor(scope: Construct, id: string, { environment, sources }: AlarmSetProps) {
    super(scope, id);
    const { pages, tickets } = new AlarmTopics(this, 'Topics', { environment });
    const definitions = (Object.entries(ALARMS) as [AlarmName, AlarmDefinition][]).filter(
      ([, { exists }]) => exists === undefined || exists(environment),
    );
    const alarms = new Map<AlarmName, Alarm>();
    for (const [name, definition] of definitions) {
      const alarm = new Alarm(this, name, {
        alarmName: alarmName(environment, name),
        alarmDescription: `[${definition.severity}] ${definition.description} Runbook: ${runbookAnchor(name)}`,
        metric: metricOf(definition, sources),
        comparisonOperator: definition.isFloor
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: definition.threshold(environment),
        evaluationPeriods: definition.evaluationPeriods,
        ...(definition.datapointsToAlarm !== undefined && { datapointsToAlarm: definition.datapointsToAlarm }),
        treatMissingData: definition.missingData,
      });
      if (definition.severity === 'ticket' && tickets !== undefined) alarm.addAlarmAction(tickets);
      alarms.set(name, alarm);
    }
    this.alarms = alarms;

    this.pagerAlarms = (Object.keys(PAGER_ALARMS) as PagerAlarmName[]).map((name) => {
      const { concern, description } = PAGER_ALARMS[name];
      const parts = definitions
        .filter(([, definition]) => definition.severity === 'page' && (definition.concern ?? 'service') === concern)
        .flatMap(([part]) => alarms.get(part) ?? []);
      const pagerAlarm = new CompositeAlarm(this, name, {
        compositeAlarmName: alarmName(environment, name),
        alarmDescription: `[page] ${description} Runbook: ${runbookAnchor(name)}`,
        alarmRule: AlarmRule.anyOf(...parts.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
      });
      if (pages !== undefined) {
        pagerAlarm.addAlarmAction(pages);
        // The operator on duty also hears when the incident is over.
        pagerAlarm.addOkAction(pages);
      }
      return pagerAlarm;
    });
  }

  /** @throws {Error} if this environment does not have the alarm */
  get(name: AlarmName): IAlarm {
    const alarm = this.alarms.get(name);
    if (alarm === undefined) throw new Error(`This environment has no alarm ${name}.`);
    return alarm;
  }
}

const alarmName = (environment: Environment, name: AlarmName | PagerAlarmName): string =>
  alarmNamePrefix(environment.name) + name;

const metricOf = ({ except, metrics, period, statistic }: AlarmDefinition, sources: Sources): IMetric => {
  const identities = metrics(sources);
  const subtracted = except?.(sources) ?? [];
  const [only, ...more] = identities;
  // A label would turn the single metric into an expression in the template.
  if (only !== undefined && more.length + subtracted.length === 0) {
    return toMetric({ ...only, label: undefined }, { statistic, period });
  }
  const usingMetrics: Record<string, IMetric> = {};
  // FILL counts a metric without data as 0. Without it the whole sum would have no data.
  const sumOf = (prefix: string, all: readonly MetricIdentity[]): string => {
    const filled = all.map((identity, index) => {
      usingMetrics[`${prefix}${index}`] = toMetric(identity, { statistic, period });
      return `FILL(${prefix}${index}, 0)`;
    });
    return `SUM([${filled.join(', ')}])`;
  };
  const sum = sumOf('m', identities);
  return new MathExpression({
    expression: subtracted.length === 0 ? sum : `${sum} - ${sumOf('x', subtracted)}`,
    usingMetrics,
    period,
    label: 'All of them',
  });
};
