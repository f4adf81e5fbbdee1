import type { IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  MathExpression,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { AlarmTopics } from './alarm-topics.ts';
import type { AlarmName, PageName } from './alarms.ts';
import { ALARMS, PAGES, runbookAnchor } from './alarms.ts';
import { toMetric } from './metric.ts';
import type { Sources } from './sources.ts';

export interface AlarmSetProps {
  readonly environment: Environment;
  readonly sources: Sources;
}

/**
 * The alarms of one environment, and who hears of them: of a ticket at once, of a page by the alarm that is made of all
 * pages of its kind.
 */
export class AlarmSet extends Construct {
  /** Those that this environment has. */
  readonly alarms: ReadonlyMap<AlarmName, IAlarm>;
  readonly pages: readonly IAlarm[];

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
        metric: watchedMetric(definition, sources),
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: definition.threshold(environment),
        evaluationPeriods: definition.evaluationPeriods,
        ...(definition.datapointsToAlarm !== undefined && { datapointsToAlarm: definition.datapointsToAlarm }),
        treatMissingData: definition.missingData,
      });
      if (definition.severity === 'ticket' && tickets !== undefined) alarm.addAlarmAction(tickets);
      alarms.set(name, alarm);
    }
    this.alarms = alarms;

    this.pages = (Object.keys(PAGES) as PageName[]).map((name) => {
      const { concern, description } = PAGES[name];
      const parts = definitions
        .filter(([, definition]) => definition.severity === 'page' && (definition.concern ?? 'service') === concern)
        .flatMap(([part]) => alarms.get(part) ?? []);
      const page = new CompositeAlarm(this, name, {
        compositeAlarmName: alarmName(environment, name),
        alarmDescription: `[page] ${description} Runbook: ${runbookAnchor(name)}`,
        alarmRule: AlarmRule.anyOf(...parts.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
      });
      if (pages !== undefined) {
        page.addAlarmAction(pages);
        // Whoever was woken may also hear that it is over.
        page.addOkAction(pages);
      }
      return page;
    });
  }

  /** @throws {Error} where this environment has no such alarm */
  get(name: AlarmName): IAlarm {
    const alarm = this.alarms.get(name);
    if (alarm === undefined) throw new Error(`This environment has no alarm ${name}.`);
    return alarm;
  }
}

const alarmName = (environment: Environment, name: AlarmName | PageName): string =>
  `postern-${environment.name}-${name}`;

const watchedMetric = ({ period, statistic, watched }: AlarmDefinition, sources: Sources): IMetric => {
  const identities = watched(sources);
  const [only, ...more] = identities;
  // Without a label: with one, CloudFormation would get an expression of one metric.
  if (only !== undefined && more.length === 0) return toMetric({ ...only, label: undefined }, { statistic, period });
  const metrics = identities.map((identity) => toMetric(identity, { statistic, period }));
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  // One that is not reported counts as nothing: a plain sum would be missing with it.
  const filled = Object.keys(usingMetrics).map((id) => `FILL(${id}, 0)`);
  return new MathExpression({
    expression: `SUM([${filled.join(', ')}])`,
    usingMetrics,
    period,
    label: 'All of them',
  });
};
