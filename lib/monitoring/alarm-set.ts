import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm, ComparisonOperator, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AlarmName } from '../../lambda/contract/metrics.ts';
import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE } from '../../lambda/contract/metrics.ts';
import type { AlarmDefinition } from './alarms.ts';
import { ALARMS, runbookAnchor } from './alarms.ts';

export interface AlarmSetProps {
  readonly environmentName: string;
  /**
   * What happens when one is raised.
   * @default it is seen in CloudWatch alone
   */
  readonly action?: IAlarmAction;
}

/** The alarms of one environment. */
export class AlarmSet extends Construct {
  constructor(scope: Construct, id: string, props: AlarmSetProps) {
    super(scope, id);
    for (const [name, definition] of Object.entries(ALARMS) as [AlarmName, AlarmDefinition][]) {
      const alarm = new Alarm(this, name, {
        alarmName: `postern-${props.environmentName}-${name}`,
        alarmDescription: `[${definition.severity}] ${definition.description} Runbook: ${runbookAnchor(name)}`,
        metric: new Metric({
          namespace: METRIC_NAMESPACE,
          metricName: definition.metric,
          dimensionsMap: { [ENVIRONMENT_DIMENSION]: props.environmentName },
          statistic: definition.statistic,
          period: definition.period,
        }),
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: definition.threshold,
        evaluationPeriods: definition.evaluationPeriods,
        treatMissingData: definition.missingData,
      });
      if (props.action !== undefined) alarm.addAlarmAction(props.action);
    }
  }
}
