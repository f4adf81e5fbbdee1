import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { createGetMetricData, type MetricDataQuery } from '../../../lambda/shared/aws/cloudwatch.ts';
import { createLogger, type Measurement } from '../../../lambda/shared/log/logger.ts';
import { startStandIns } from '../../../local/stand-ins/server.ts';
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

const test = base.extend('standIns', { scope: 'file' }, async ({ folder }, { onCleanup }) => {
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

describe('CloudWatch: GetMetricData', () => {
  const clientOf = (endpoint: string) =>
    createGetMetricData({ environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_CLOUDWATCH: endpoint } });

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
