import { describe, expect } from 'vitest';
import { INDEX_SHARDS } from '../../../../lambda/contract/limits.ts';
import { createGetMetricData, type GetMetricData } from '../../../../lambda/shared/aws/cloudwatch.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { createDynamoDBPendingTasks } from '../../../../lambda/shared/operator/dynamodb-pending-tasks.ts';
import { createSumMetrics } from '../../../../lambda/shared/operator/metric-sums.ts';
import { createCountByProcessor } from '../../../../lambda/shared/operator/processor-metrics.ts';
import { createProcessors, type Processors } from '../../../../lambda/shared/operator/processors.ts';
import { startStandIns } from '../../../../local/stand-ins/server.ts';
import { LOCAL_ENVIRONMENT, type TestStore } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import { aStoredTask, storePending, storeTasks } from '../../../support/stored-task.ts';
import { NOW } from '../../../support/tokens.ts';

const REGISTRY = registryOf(
  aProcessor({ id: 'acme-ocr', carriers: ['header', 'path'], replayMode: 'reject', maxExpiresIn: 600 }),
  aProcessor({
    id: 'signed-ocr',
    proof: { kind: 'standard_webhooks', secretName: 'acme/secret' },
    sourceRanges: ['198.51.100.0/24'],
    schema: { type: 'object' },
  }),
);

const test = base.extend('standIns', async ({ folder }, { onCleanup }) => {
  const standIns = await startStandIns({ dataDirectory: folder, eventsFile: `${folder}/events.jsonl` });
  onCleanup(standIns.stop);
  return standIns;
});

const processorsOf = (store: TestStore, getMetricData: GetMetricData): Processors =>
  createProcessors({
    registry: REGISTRY,
    pending: createDynamoDBPendingTasks({
      client: store.client,
      tasksTable: store.tasksTable,
      lookupsTable: store.lookupsTable,
      indexShards: INDEX_SHARDS.default,
      pageSize: 2,
      wait: async () => {},
      random: () => 0,
    }),
    countByProcessor: createCountByProcessor(createSumMetrics(getMetricData, 'test')),
    now: () => NOW * 1000 + 999,
  });

const NO_METRICS: GetMetricData = async () => ({});

describe('the processors', () => {
  test('have their entries without keys, secrets, addresses and schemas', async ({ ownStore: store }) => {
    expect(await processorsOf(store, NO_METRICS).list()).toEqual([
      {
        id: 'acme-ocr',
        carriers: ['header', 'path'],
        proof: 'none',
        grade: 'D',
        contentTypes: ['application/json', 'text/plain', 'application/pdf', 'application/octet-stream'],
        maxExpiresIn: 600,
        replayMode: 'reject',
        pending: 0,
        expiringWithinHour: 0,
        accepted24h: 0,
        replays24h: 0,
      },
      expect.objectContaining({ id: 'signed-ocr', carriers: ['header'], proof: 'standard_webhooks', grade: 'B' }),
    ]);
    const text = JSON.stringify(await processorsOf(store, NO_METRICS).list());
    expect(text).not.toMatch(/secret|198\.51|schema/);
  });

  test('count pending tasks over all shards and pages, and no other', async ({ ownStore: store }) => {
    const HOUR = 3_600;
    const later = { deadline: NOW + HOUR + 1, due: NOW + HOUR + 1 };
    await storePending(store, 60, later);
    await storePending(store, 3, { processor: 'signed-ocr', ...later });
    await storeTasks(store, [
      aStoredTask({ ...later, createdAt: new Date((NOW - 500) * 1000).toISOString() }),
      aStoredTask({ deadline: NOW + HOUR, due: NOW + HOUR }),
      // A heartbeat has come since: the index has the earlier deadline.
      aStoredTask({ ...later, heartbeat: 60, heartbeatDeadline: NOW + 50, due: NOW - 10 }),
      // Overdue, and not expired yet.
      aStoredTask({ deadline: NOW, due: NOW }),
      // Closed a moment ago: the index still has it.
      aStoredTask({ ...later, status: 'succeeded', due: NOW - 1 }),
      aStoredTask({ status: 'expired', dueShard: undefined, due: undefined }),
    ]);
    const [acme, signed] = await processorsOf(store, NO_METRICS).list();
    expect(acme).toMatchObject({
      pending: 63,
      oldestPendingAt: new Date((NOW - 500) * 1000).toISOString(),
      expiringWithinHour: 2,
    });
    expect(signed).toMatchObject({ pending: 3, expiringWithinHour: 0 });
    expect(await processorsOf(store, NO_METRICS).read('acme-ocr')).toEqual(acme);
  });

  test('have the callbacks and replays of the last 24 hours', async ({ ownStore: store, standIns }) => {
    const record = (at: number, metric: 'CallbackAccepted' | 'ReplayDetected', by: string, environment = 'test') =>
      createLogger(
        environment,
        'receive',
        (line) => standIns.metrics.record(line),
        () => at * 1000,
      ).info('request', {}, [{ metric, value: 1, by }]);
    record(NOW - 10, 'CallbackAccepted', 'acme-ocr');
    record(NOW - 86_000, 'CallbackAccepted', 'acme-ocr');
    record(NOW - 87_000, 'CallbackAccepted', 'acme-ocr');
    record(NOW - 10, 'CallbackAccepted', 'acme-ocr', 'other');
    record(NOW - 4_000, 'ReplayDetected', 'acme-ocr');
    record(NOW - 4_000, 'ReplayDetected', 'signed-ocr');
    const environment = { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_CLOUDWATCH: standIns.endpoint };
    const processors = processorsOf(store, createGetMetricData({ environment }));
    expect(await processors.list()).toMatchObject([
      { id: 'acme-ocr', accepted24h: 2, replays24h: 1 },
      { id: 'signed-ocr', accepted24h: 0, replays24h: 1 },
    ]);
    expect(await processors.read('signed-ocr')).toMatchObject({ accepted24h: 0, replays24h: 1 });
  });

  test('of an unknown id are refused with 404', async ({ ownStore: store }) => {
    for (const id of ['other-ocr', 'constructor']) {
      expect(await processorsOf(store, NO_METRICS).read(id)).toMatchObject({
        code: 'processor_unknown',
        isInPath: true,
      });
    }
  });

  test('are unavailable if CloudWatch is', async ({ ownStore: store }) => {
    const failing: GetMetricData = () => Promise.reject(new Error('away'));
    await expect(processorsOf(store, failing).list()).rejects.toMatchObject({
      refusal: { code: 'unavailable', reason: 'CloudWatch: Error' },
    });
  });
});

describe('the metrics of processors', () => {
  test('are read in requests of at most 500, and page by page', async () => {
    const ids = Array.from({ length: 260 }, (_, i) => `ocr-${i}`);
    const requests: number[] = [];
    const paged: GetMetricData = async ({ MetricDataQueries: queries, NextToken: token }) => {
      requests.push(queries.length);
      const results = queries.map(({ Id }) => ({ Id, Values: [1] }));
      return { MetricDataResults: results, ...(token === undefined && { NextToken: 'more' }) };
    };
    const counts = await createCountByProcessor(createSumMetrics(paged, 'test'))(ids, NOW);
    expect(requests).toEqual([500, 500, 20, 20]);
    expect([...counts.values()]).toEqual(ids.map(() => ({ accepted24h: 2, replays24h: 2 })));
  });
});
