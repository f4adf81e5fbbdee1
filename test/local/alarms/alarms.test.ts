import { describe, expect, test } from 'vitest';
import { createJournal, type Measurement } from '../../../lambda/observe/journal.ts';
import { watchAlarms } from '../../../local/alarms/alarms.ts';
import type { ResolvedResource } from '../../../local/resource.ts';

const START = Date.UTC(2026, 0, 1);

const anAlarm = (properties: Readonly<Record<string, unknown>> = {}): ResolvedResource => ({
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

/** An alarm, and the functions' own journal to write its lines. */
const watch = (properties: Readonly<Record<string, unknown>> = {}, environment = 'local') => {
  let now = START;
  const alarms = watchAlarms([anAlarm(properties)], () => now);
  const journal = createJournal(
    environment,
    'receive',
    (line) => alarms.record(line),
    () => now,
  );
  return {
    alarms,
    count: (...measurements: readonly Measurement[]) => journal.info('callback', {}, measurements),
    wait: (seconds: number) => {
      now += seconds * 1_000;
    },
    state: () => alarms.state('the-alarm'),
  };
};

const aReplay: Measurement = { metric: 'ReplayDetected', value: 1, by: 'acme-ocr' };

describe('an alarm over what the functions log', () => {
  test('O5 one replay raises it at once, for one period', () => {
    const { count, wait, state } = watch();
    expect(state()).toBe('OK');
    count(aReplay);
    expect(state()).toBe('ALARM');
    wait(59);
    expect(state()).toBe('ALARM');
    wait(1);
    expect(state()).toBe('OK');
  });

  test.each([
    ['namespace', { Namespace: 'Other' }, 'local'],
    ['metric', { MetricName: 'CallbackAccepted' }, 'local'],
    ['dimension value', {}, 'dev'],
    ['dimension name', { Dimensions: [{ Name: 'Env', Value: 'local' }] }, 'local'],
    ['dimension fewer', { Dimensions: [] }, 'local'],
    [
      'dimension more',
      {
        Dimensions: [
          { Name: 'Environment', Value: 'local' },
          { Name: 'Processor', Value: 'acme-ocr' },
          { Name: 'Region', Value: 'eu-west-1' },
        ],
      },
      'local',
    ],
    ['unit', { Unit: 'Seconds' }, 'local'],
  ])('O5 another %s: it sees nothing', (_, properties, environment) => {
    const { count, state } = watch(properties, environment);
    count(aReplay);
    expect(state()).toBe('OK');
  });

  test('O5 an alarm on both dimensions sees its own processor only', () => {
    const { count, state } = watch({
      Dimensions: [
        { Name: 'Processor', Value: 'acme-ocr' },
        { Name: 'Environment', Value: 'local' },
      ],
    });
    count({ ...aReplay, by: 'strict-ocr' });
    expect(state()).toBe('OK');
    count(aReplay);
    expect(state()).toBe('ALARM');
  });

  test('a sum is compared with the threshold', () => {
    const { count, state } = watch({ Threshold: 3, ComparisonOperator: 'GreaterThanThreshold' });
    for (let index = 0; index < 3; index += 1) count(aReplay);
    expect(state()).toBe('OK');
    count(aReplay);
    expect(state()).toBe('ALARM');
  });

  test('a percentile leaves outliers out', () => {
    const { count, state } = watch({
      MetricName: 'CallbackLatency',
      Statistic: undefined,
      ExtendedStatistic: 'p90',
      Threshold: 500,
    });
    for (let index = 0; index < 9; index += 1) count({ metric: 'CallbackLatency', value: 10 });
    count({ metric: 'CallbackLatency', value: 900 });
    expect(state()).toBe('OK');
    count({ metric: 'CallbackLatency', value: 900 });
    expect(state()).toBe('ALARM');
  });

  test('two of three periods', () => {
    const { count, wait, state } = watch({ EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    count(aReplay);
    expect(state()).toBe('OK');
    wait(120);
    count(aReplay);
    expect(state()).toBe('ALARM');
    wait(60);
    expect(state()).toBe('OK');
  });

  test.each([
    ['missing', 'INSUFFICIENT_DATA', 'ALARM', 'INSUFFICIENT_DATA'],
    ['ignore', 'INSUFFICIENT_DATA', 'ALARM', 'ALARM'],
    ['breaching', 'ALARM', 'ALARM', 'ALARM'],
    ['notBreaching', 'OK', 'ALARM', 'OK'],
  ])('missing data are %s: %s, then %s, then %s', (TreatMissingData, before, during, after) => {
    const { count, wait, state } = watch({ TreatMissingData });
    expect(state()).toBe(before);
    count(aReplay);
    expect(state()).toBe(during);
    wait(60);
    expect(state()).toBe(after);
  });
});

describe('what is not evaluated', () => {
  test('is said by name', () => {
    const alarms = watchAlarms([
      anAlarm({ Metrics: [{ Id: 'e1', Expression: 'a + b' }] }),
      { logicalId: 'Both', type: 'AWS::CloudWatch::CompositeAlarm', properties: { AlarmRule: 'ALARM(a)' } },
      { ...anAlarm({ ComparisonOperator: 'GreaterThanUpperThreshold' }), logicalId: 'Band' },
    ]);
    expect(alarms.names).toEqual([]);
    expect(alarms.notEvaluated).toEqual([
      'Alarm Alarm is on a metric expression, which is not evaluated here.',
      'Alarm Both is composed of others, which is not evaluated here.',
      expect.stringContaining('Alarm Band: ComparisonOperator'),
    ]);
    expect(() => alarms.state('the-alarm')).toThrow('There is no alarm "the-alarm"');
  });

  test.each(['', 'not JSON', '{"message":"no metrics"}', '{"_aws":{}}', 'null', '[]'])(
    'a line without metrics: %j',
    (line) => {
      expect(watchAlarms([anAlarm()]).record(line)).toBe(false);
    },
  );
});
