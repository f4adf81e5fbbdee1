import { describe, expect, test } from 'vitest';
import { createLogger, type Measurement } from '../../../lambda/shared/log/logger.ts';
import { watchAlarms } from '../../../local/alarms/alarms.ts';
import { anAlarm, aPagerAlarm } from '../../support/alarms.ts';

const START = Date.UTC(2026, 0, 1);

/** An alarm, and the functions' own logger to write its lines. */
const watch = (properties: Readonly<Record<string, unknown>> = {}, environment = 'local') => {
  let now = START;
  const alarms = watchAlarms([anAlarm(properties)], () => now);
  const logger = createLogger(
    environment,
    'receive',
    (line) => alarms.record(line),
    () => now,
  );
  return {
    alarms,
    count: (...measurements: readonly Measurement[]) => logger.info('callback', {}, measurements),
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

/** An alarm on the sum of metrics, as the template writes it. */
const aSum = (...names: readonly string[]) => aDifference(names, []);

/** An alarm on the sum of metrics without the sum of others. */
const aDifference = (names: readonly string[], except: readonly string[]): Readonly<Record<string, unknown>> => ({
  Namespace: undefined,
  MetricName: undefined,
  Dimensions: undefined,
  Statistic: undefined,
  Period: undefined,
  Threshold: 3,
  Metrics: [
    {
      Id: 'expr_1',
      Expression: [names, except]
        .filter(({ length }) => length > 0)
        .map((all, part) => `SUM([${all.map((_, i) => `FILL(${'mx'[part]}${i}, 0)`).join(', ')}])`)
        .join(' - '),
      ReturnData: true,
    },
    ...[...names, ...except].map((MetricName, i) => ({
      Id: i < names.length ? `m${i}` : `x${i - names.length}`,
      MetricStat: {
        Metric: { Namespace: 'Postern', MetricName, Dimensions: [{ Name: 'Environment', Value: 'local' }] },
        Period: 60,
        Stat: 'Sum',
      },
      ReturnData: false,
    })),
  ],
});

describe('an alarm on the sum of metrics', () => {
  test('O5 counts what is reported of any of them', () => {
    const { count, state, wait } = watch(aSum('ReplayDetected', 'CallbackLate', 'TaskExpired'));
    expect(state()).toBe('OK');
    count(aReplay);
    count({ metric: 'CallbackLate', value: 1 });
    expect(state()).toBe('OK');
    count({ metric: 'CallbackLate', value: 1 });
    expect(state()).toBe('ALARM');
    wait(60);
    expect(state()).toBe('OK');
  });

  test('O5 does not count what is subtracted', () => {
    const { count, state } = watch({
      ...aDifference(['ReplayDetected'], ['CallbackLate', 'TaskExpired']),
      Threshold: 1,
    });
    count({ metric: 'TaskExpired', value: 1 });
    count(aReplay);
    expect(state()).toBe('OK');
    count({ metric: 'CallbackLate', value: 1 });
    count({ ...aReplay, value: 2 });
    expect(state()).toBe('ALARM');
  });

  test.each([['missing'], ['breaching']])('is 0 where nothing is reported, though missing data were %s', (treated) => {
    const { state } = watch({ ...aSum('ReplayDetected', 'CallbackLate'), TreatMissingData: treated });
    expect(state()).toBe('OK');
  });
});

describe('an alarm over others', () => {
  test('O5 is raised while one of them is', () => {
    const alarms = watchAlarms([
      aPagerAlarm('the-page', 'the-alarm', 'other-alarm'),
      anAlarm(),
      anAlarm({ AlarmName: 'other-alarm', MetricName: 'CallbackUnavailable' }),
    ]);
    const logger = createLogger('local', 'receive', (line) => alarms.record(line));
    expect(alarms.names).toContain('the-page');
    expect(alarms.state('the-page')).toBe('OK');
    logger.info('callback', {}, [aReplay]);
    expect(alarms.state('other-alarm')).toBe('OK');
    expect(alarms.state('the-page')).toBe('ALARM');
  });

  test('that is not there is said by name', () => {
    expect(() => watchAlarms([aPagerAlarm('the-page', 'nowhere')]).state('the-page')).toThrow(
      'There is no alarm "nowhere"',
    );
  });
});

describe('the list of alarms', () => {
  test('has each alarm by name, with its state and since when', () => {
    let now = START;
    const alarms = watchAlarms(
      [
        aPagerAlarm('the-page', 'the-alarm', 'other-alarm'),
        anAlarm(),
        anAlarm({ AlarmName: 'other-alarm', MetricName: 'CallbackUnavailable', TreatMissingData: 'missing' }),
      ],
      () => now,
    );
    const logger = createLogger(
      'local',
      'receive',
      (line) => alarms.record(line),
      () => now,
    );
    const other = { name: 'other-alarm', type: 'MetricAlarm', state: 'INSUFFICIENT_DATA', since: undefined } as const;
    expect(alarms.list()).toEqual([
      other,
      { name: 'the-alarm', type: 'MetricAlarm', state: 'OK', since: START },
      { name: 'the-page', type: 'CompositeAlarm', state: 'OK', since: undefined },
    ]);
    now += 5_000;
    logger.info('callback', {}, [aReplay]);
    now += 10_000;
    expect(alarms.list()).toEqual([
      other,
      { name: 'the-alarm', type: 'MetricAlarm', state: 'ALARM', since: START + 5_000 },
      { name: 'the-page', type: 'CompositeAlarm', state: 'ALARM', since: START + 5_000 },
    ]);
  });
});

describe('what is not evaluated', () => {
  test('is said by name', () => {
    const alarms = watchAlarms([
      anAlarm({ Metrics: [{ Id: 'e1', Expression: 'a + b' }] }),
      { ...anAlarm({ ...aSum('ReplayDetected'), Metrics: [] }), logicalId: 'Empty' },
      {
        logicalId: 'Both',
        type: 'AWS::CloudWatch::CompositeAlarm',
        properties: { AlarmRule: 'ALARM(a) AND ALARM(b)' },
      },
      { ...anAlarm({ ComparisonOperator: 'GreaterThanUpperThreshold' }), logicalId: 'Operator' },
      { ...anAlarm({ ThresholdMetricId: 'band' }), logicalId: 'Band' },
    ]);
    expect(alarms.names).toEqual([]);
    expect(alarms.notEvaluated).toEqual([
      'Alarm Alarm is on the expression a + b, which is not evaluated here.',
      'Alarm Empty is on the expression undefined, which is not evaluated here.',
      'Alarm Both has the rule ALARM(a) AND ALARM(b), which is not evaluated here.',
      expect.stringContaining('Alarm Operator: ComparisonOperator'),
      'Alarm Band is on an anomaly band, which is not evaluated here.',
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
