import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { METRICS, AlarmName as OutcomeAlarmName } from '../../../lambda/contract/metrics.ts';
import type { Outcome } from '../../../lambda/contract/outcomes.ts';
import { OUTCOMES } from '../../../lambda/contract/outcomes.ts';
import { createJournal } from '../../../lambda/observe/journal.ts';
import type { AlarmDefinition, AlarmName } from '../../../lib/monitoring/alarms.ts';
import { ALARMS, runbookAnchor } from '../../../lib/monitoring/alarms.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf } from '../../support/template.ts';

const { gateway } = synthesize(anAwsEnvironment());
const alarmOf = (name: AlarmName) =>
  Object.values(resourcesOf(gateway, 'AWS::CloudWatch::Alarm')).find(
    ({ Properties }) => Properties.AlarmName === `postern-test-${name}`,
  )?.Properties;

const NAMES = Object.keys(ALARMS) as AlarmName[];
const watchedBy = (name: AlarmName): AlarmDefinition['watched'] => ALARMS[name].watched;
const RAISED_BY_OUTCOMES = (Object.values(OUTCOMES) as readonly Outcome[]).filter(({ alarm }) => alarm !== null);

interface GetAtt {
  readonly 'Fn::GetAtt': readonly [string, string];
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** What a function of this environment really writes when it counts one. */
const emitted = (metric: keyof typeof METRICS): EmbeddedMetrics => {
  const lines: string[] = [];
  createJournal('test', 'receive', (line) => lines.push(line)).info('request', {}, [
    { metric, value: 1, by: 'acme-ocr' },
  ]);
  return JSON.parse(lines[0] ?? '') as EmbeddedMetrics;
};

describe('alarms', () => {
  it('O5 the replay alarm is raised by one replay in one minute, and by nothing missing', () => {
    expect(alarmOf('ReplayDetected')).toMatchObject({
      Namespace: 'Postern',
      MetricName: 'ReplayDetected',
      Dimensions: [{ Name: 'Environment', Value: 'test' }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it.each(NAMES.filter((name) => 'metric' in watchedBy(name)))(
    'O5 %s watches what the functions really emit',
    (name) => {
      const watched = watchedBy(name);
      if (!('metric' in watched)) throw new Error(`${name} watches no metric of ours.`);
      const alarm = alarmOf(name);
      const line = emitted(watched.metric);
      const directive = line._aws.CloudWatchMetrics.find(({ Metrics }) =>
        Metrics.some((metric) => metric.Name === alarm?.MetricName),
      );
      const dimensions = alarm?.Dimensions as { Name: string; Value: string }[];
      expect(directive?.Namespace).toBe(alarm?.Namespace);
      expect(directive?.Dimensions).toContainEqual(dimensions.map((dimension) => dimension.Name));
      for (const dimension of dimensions) expect(line[dimension.Name]).toBe(dimension.Value);
      expect(line[String(alarm?.MetricName)]).toBe(1);
    },
  );

  it.each([
    ['PublishDeadLetters', 'AWS::Lambda::EventSourceMapping', 'BackgroundChanges'],
    ['ExpireDeadLetters', 'AWS::Lambda::EventInvokeConfig', 'BackgroundExpiry'],
    ['ArriveDeadLetters', 'AWS::Lambda::EventInvokeConfig', 'BackgroundArrivals'],
  ] as const)('O5 %s watches the very queue that failures go to, and one is enough', (name, type, construct) => {
    const alarm = alarmOf(name);
    expect(alarm).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    const [source] = Object.entries(resourcesOf(gateway, type))
      .filter(([id]) => id.startsWith(construct))
      .map(([, { Properties }]) => Properties.DestinationConfig as { OnFailure: { Destination: GetAtt } });
    const [queue] = source?.OnFailure.Destination['Fn::GetAtt'] ?? [];
    expect(alarm?.Dimensions).toEqual([{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }]);
  });

  it('O5 there is one for every queue of dead letters', () => {
    const watched = NAMES.flatMap((name) => (alarmOf(name)?.Namespace === 'AWS/SQS' ? [alarmOf(name)] : []));
    const queues = new Set(watched.map((alarm) => JSON.stringify(alarm?.Dimensions)));
    expect(queues.size).toBe(Object.keys(resourcesOf(gateway, 'AWS::SQS::Queue')).length);
  });

  it.each(RAISED_BY_OUTCOMES)('O5 the outcome "$title" counts as what its alarm watches', ({ alarm, metric }) => {
    expect(ALARMS[alarm as OutcomeAlarmName].watched).toEqual({ metric });
  });

  it('have an entry of the same name in the runbook, and the runbook has no other', () => {
    const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings.sort()).toEqual([...NAMES].sort());
  });

  it.each(NAMES)('%s says where its entry is', (name) => {
    expect(alarmOf(name)?.AlarmDescription).toContain(`Runbook: ${runbookAnchor(name)}`);
    expect(runbookAnchor(name)).toBe(`docs/runbook.md#${name.toLowerCase()}`);
  });
});
