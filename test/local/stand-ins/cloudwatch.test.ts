import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { createGetMetricData, type MetricDataQuery } from '../../../lambda/shared/aws/cloudwatch.ts';
import { createDescribeAlarms, type DescribeAlarmsInput } from '../../../lambda/shared/aws/cloudwatch-alarms.ts';
import { createLogger, type Measurement } from '../../../lambda/shared/log/logger.ts';
import { watchAlarms } from '../../../local/alarms/alarms.ts';
import { startStandIns } from '../../../local/stand-ins/server.ts';
import { anAlarm, aPagerAlarm } from '../../support/alarms.ts';
import { LOCAL_ENVIRONMENT } from '../../support/engine.ts';
import { test as base } from '../../support/fixtures.ts';
import { NOW } from '../../support/tokens.ts';

/** The line that a function writes for some metrics. */
const lineOf = (at: number, ...measurements: readonly Measurement[]): string => {
  const lines: string[] = [];
  createLogger(
    'local',
    'receive',
    (line) => lines.push(line),
    () => at * 1000,
  ).info('request', {}, measurements);
  return lines.join('\n');
};

const accepted = (processor: string, value = 1): Measurement => ({ metric: 'CallbackAccepted', value, by: processor });

const test = base
  .extend('standIns', { scope: 'file' }, async ({ folder }, { onCleanup }) => {
    const metricsFile = join(folder, 'metrics.jsonl');
    // Of an earlier run.
    writeFileSync(metricsFile, `${lineOf(NOW - 600, accepted('acme-ocr'))}\nnot a line of ours\n`);
    const standIns = await startStandIns({
      dataDirectory: folder,
      eventsFile: join(folder, 'events.jsonl'),
      metricsFile,
    });
    onCleanup(standIns.stop);
    return standIns;
  })
  .extend('alarms', { scope: 'file' }, ({ standIns }) => {
    const alarms = watchAlarms(
      [
        anAlarm({ AlarmName: 'postern-local-B' }),
        anAlarm({ AlarmName: 'postern-local-A' }),
        anAlarm({ AlarmName: 'postern-local-Quiet', MetricName: 'TaskExpired' }),
        anAlarm({ AlarmName: 'postern-other-C' }),
        aPagerAlarm('postern-local-Page', 'postern-local-A'),
      ],
      () => NOW * 1000,
    );
    standIns.describeAlarms(alarms);
    alarms.record(lineOf(NOW, { metric: 'ReplayDetected', value: 1, by: 'acme-ocr' }));
    return alarms;
  });

const queryOf = (Id: string, dimensions: Readonly<Record<string, string>>, Period = 300): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: {
      Namespace: 'Postern',
      MetricName: 'CallbackAccepted',
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period,
    Stat: 'Sum',
  },
});
const ofProcessor = (id: string, processor: string) => queryOf(id, { Processor: processor, Environment: 'local' });

const optionsOf = (endpoint: string) => ({
  environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_CLOUDWATCH: endpoint },
});

describe('CloudWatch: GetMetricData', () => {
  const clientOf = (endpoint: string) => createGetMetricData(optionsOf(endpoint));

  test('sums the metrics of log lines by period and exactly these dimensions', async ({ standIns }) => {
    standIns.metrics.record(lineOf(NOW - 60, accepted('acme-ocr', 2)));
    standIns.metrics.record(lineOf(NOW - 60, accepted('header-ocr')));
    standIns.metrics.record(lineOf(NOW - 30, accepted('acme-ocr')));
    standIns.metrics.record(lineOf(NOW - 90_000, accepted('acme-ocr', 100)));
    const output = await clientOf(standIns.endpoint)({
      MetricDataQueries: [ofProcessor('a', 'acme-ocr'), queryOf('b', { Environment: 'local' }), ofProcessor('c', 'x')],
      StartTime: NOW - 86_400,
      EndTime: NOW,
    });
    expect(output.MetricDataResults).toMatchObject([
      { Id: 'a', Values: [3, 1], Timestamps: [NOW - 300, NOW - 600], StatusCode: 'Complete' },
      { Id: 'b', Values: [4, 1] },
      { Id: 'c', Values: [] },
    ]);
  });

  test.for([
    ['no query', { MetricDataQueries: [] }],
    ['more than 500 queries', { MetricDataQueries: Array.from({ length: 501 }, (_, i) => ofProcessor(`m${i}`, 'x')) }],
    ['the same id twice', { MetricDataQueries: [ofProcessor('a', 'x'), ofProcessor('a', 'y')] }],
    ['a period that is not whole minutes', { MetricDataQueries: [queryOf('a', {}, 90)] }],
    ['an end before the start', { StartTime: NOW + 1 }],
  ] as const)('refuses %s', async ([, wrong], { standIns }) => {
    const input = { MetricDataQueries: [ofProcessor('a', 'x')], StartTime: NOW - 60, EndTime: NOW, ...wrong };
    await expect(clientOf(standIns.endpoint)(input)).rejects.toMatchObject({ name: 'ValidationError', status: 400 });
  });
});

describe('CloudWatch: DescribeAlarms', () => {
  const ANY: DescribeAlarmsInput = {
    AlarmNamePrefix: 'postern-local-',
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    StateValue: 'ALARM',
  };

  const named = (name: string) => ({
    AlarmName: name,
    AlarmArn: `arn:aws:cloudwatch:eu-west-1:000000000000:alarm:${name}`,
    StateValue: 'ALARM',
    StateUpdatedTimestamp: NOW,
    StateTransitionedTimestamp: NOW,
  });

  test('describes alarms of the prefix, types and state', async ({ alarms, standIns }) => {
    expect(alarms.names).toHaveLength(5);
    const describeAlarms = createDescribeAlarms(optionsOf(standIns.endpoint));
    expect(await describeAlarms(ANY)).toEqual({
      MetricAlarms: [named('postern-local-A'), named('postern-local-B')],
      CompositeAlarms: [named('postern-local-Page')],
    });
    expect(await describeAlarms({ ...ANY, StateValue: 'OK' })).toMatchObject({
      MetricAlarms: [{ AlarmName: 'postern-local-Quiet', StateValue: 'OK' }],
      CompositeAlarms: [],
    });
    expect(await describeAlarms({ ...ANY, AlarmTypes: ['CompositeAlarm'] })).toMatchObject({ MetricAlarms: [] });
  });

  test('has pages', async ({ alarms, standIns }) => {
    expect(alarms.names).toHaveLength(5);
    const describeAlarms = createDescribeAlarms(optionsOf(standIns.endpoint));
    const first = await describeAlarms({ ...ANY, MaxRecords: 2 });
    expect(first).toMatchObject({ MetricAlarms: [{}, {}], CompositeAlarms: [], NextToken: expect.any(String) });
    const second = await describeAlarms({ ...ANY, MaxRecords: 2, NextToken: String(first.NextToken) });
    expect(second).toEqual({ MetricAlarms: [], CompositeAlarms: [named('postern-local-Page')] });
  });

  test.for([
    ['more than 100 records', { MaxRecords: 101 }, 'ValidationError'],
    ['no record', { MaxRecords: 0 }, 'ValidationError'],
    ['an empty prefix', { AlarmNamePrefix: '' }, 'ValidationError'],
    ['a prefix of 256 characters', { AlarmNamePrefix: 'a'.repeat(256) }, 'ValidationError'],
    ['a token that it did not make', { NextToken: 'other' }, 'InvalidNextToken'],
  ] as const)('refuses %s', async ([, wrong, name], { standIns }) => {
    await expect(createDescribeAlarms(optionsOf(standIns.endpoint))({ ...ANY, ...wrong })).rejects.toMatchObject({
      name,
      status: 400,
    });
  });
});
