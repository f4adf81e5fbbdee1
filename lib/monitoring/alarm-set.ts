import type { IAlarmAction, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm, ComparisonOperator, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Environment } from '../environment.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import type { AlarmName } from './alarms.ts';
import { ALARMS, runbookAnchor } from './alarms.ts';
import type { MetricIdentity, Sources } from './sources.ts';

export interface AlarmSetProps {
  readonly environment: Environment;
  readonly sources: Sources;
  /**
   * What happens when one is raised.
   * @default it is seen in CloudWatch alone
   */
  readonly action?: IAlarmAction;
}

/** The alarms of one environment. */
export class AlarmSet extends Construct {
  constructor(scope: Construct, id: string, { action, environment, sources }: AlarmSetProps) {
    super(scope, id);
    for (const [name, definition] of Object.entries(ALARMS) as [AlarmName, AlarmDefinition][]) {
      if (definition.exists !== undefined && !definition.exists(environment)) continue;
      const alarm = new Alarm(this, name, {
        alarmName: `postern-${environment.name}-${name}`,
        alarmDescription: `[${definition.severity}] ${definition.description} Runbook: ${runbookAnchor(name)}`,
        metric: watchedMetric(definition, sources),
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: definition.threshold(environment),
        evaluationPeriods: definition.evaluationPeriods,
        treatMissingData: definition.missingData,
      });
      if (action !== undefined) alarm.addAlarmAction(action);
    }
  }
}

const watchedMetric = ({ period, statistic, watched }: AlarmDefinition, sources: Sources): IMetric => {
  const metrics = watched(sources).map(
    ({ dimensions, label, name, namespace }: MetricIdentity) =>
      new Metric({
        namespace,
        metricName: name,
        dimensionsMap: dimensions,
        statistic,
        period,
        ...(label !== undefined && { label }),
      }),
  );
  const [only, ...more] = metrics;
  if (only !== undefined && more.length === 0) return only;
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({
    // One that is not reported counts as nothing: a plain sum would be missing with it.
    expression: `SUM([${Object.keys(usingMetrics)
      .map((id) => `FILL(${id}, 0)`)
      .join(', ')}])`,
    usingMetrics,
    period,
    label: 'All of them',
  });
};
