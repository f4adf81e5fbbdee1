import type { ResolvedResource } from '../../local/resource.ts';

/** An alarm of a template: raised by one replay in the environment `local`, for a minute. */
export const anAlarm = (properties: Readonly<Record<string, unknown>> = {}): ResolvedResource => ({
  logicalId: 'Alarm',
  type: 'AWS::CloudWatch::Alarm',
  properties: {
    AlarmName: 'the-alarm',
    Namespace: 'Postern',
    MetricName: 'ReplayDetected',
    Dimensions: [{ Name: 'Environment', Value: 'local' }],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
    ...properties,
  },
});

/** An alarm of a template that is raised while one of others is. */
export const aPagerAlarm = (name: string, ...parts: readonly string[]): ResolvedResource => ({
  logicalId: 'Page',
  type: 'AWS::CloudWatch::CompositeAlarm',
  properties: {
    AlarmName: name,
    AlarmRule: `(${parts.map((part) => `ALARM("arn:aws:cloudwatch:eu-west-1:0:alarm:${part}")`).join(' OR ')})`,
  },
});
