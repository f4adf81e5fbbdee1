import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm, ComparisonOperator, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE } from '../../lambda/contract/metrics.ts';
import type { Environment } from '../environment.ts';
import type { BackgroundFunction } from '../functions/background-functions.ts';
import type { AlarmDefinition, AlarmName, Watched } from './alarms.ts';
import { ALARMS, runbookAnchor } from './alarms.ts';

export interface AlarmSetProps {
  readonly environment: Pick<Environment, 'name' | 'toleratedExpiries' | 'toleratedRefusals'>;
  readonly deadLetters: Readonly<Record<BackgroundFunction, IQueue>>;
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
        alarmName: `postern-${props.environment.name}-${name}`,
        alarmDescription: `[${definition.severity}] ${definition.description} Runbook: ${runbookAnchor(name)}`,
        metric: new Metric({
          ...metricOf(definition.watched, props),
          statistic: definition.statistic,
          period: definition.period,
        }),
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: definition.threshold(props.environment),
        evaluationPeriods: definition.evaluationPeriods,
        treatMissingData: definition.missingData,
      });
      if (props.action !== undefined) alarm.addAlarmAction(props.action);
    }
  }
}

const metricOf = (watched: Watched, { deadLetters, environment }: AlarmSetProps) =>
  'metric' in watched
    ? {
        namespace: METRIC_NAMESPACE,
        metricName: watched.metric,
        dimensionsMap: { [ENVIRONMENT_DIMENSION]: environment.name },
      }
    : {
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensionsMap: { QueueName: deadLetters[watched.deadLettersOf].queueName },
      };
