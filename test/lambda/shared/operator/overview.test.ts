import { describe, expect } from 'vitest';
import { AWS_CALLS } from '../../../../lambda/contract/call-limits.ts';
import { INDEX_SHARDS } from '../../../../lambda/contract/limits.ts';
import { OVERVIEW_SECONDS, WAITING_TASKS_PER_SHARD } from '../../../../lambda/contract/operator-limits.ts';
import { OUTCOMES } from '../../../../lambda/contract/outcomes.ts';
import { createGetMetricData } from '../../../../lambda/shared/aws/cloudwatch.ts';
import { createDescribeAlarms, type DescribeAlarms } from '../../../../lambda/shared/aws/cloudwatch-alarms.ts';
import { createLogger, type Measurement } from '../../../../lambda/shared/log/logger.ts';
import { createDynamoDBPendingTasks } from '../../../../lambda/shared/operator/dynamodb-pending-tasks.ts';
import { createDynamoDBTaskIndex } from '../../../../lambda/shared/operator/dynamodb-task-index.ts';
import { createSumMetrics } from '../../../../lambda/shared/operator/metric-sums.ts';
import { createReadOverview, type OverviewOptions } from '../../../../lambda/shared/operator/overview.ts';
import { createReadRaisedAlarms } from '../../../../lambda/shared/operator/raised-alarms.ts';
import { describeError } from '../../../../lambda/shared/refusal.ts';
import { type Alarms, watchAlarms } from '../../../../local/alarms/alarms.ts';
import { startStandIns } from '../../../../local/stand-ins/server.ts';
import { anAlarm, aPagerAlarm } from '../../../support/alarms.ts';
import { openQueues, type TestQueues } from '../../../support/dead-letters.ts';
import { LOCAL_ENVIRONMENT, type TestStore } from '../../../support/engine.ts';
import { openFaultProxy } from '../../../support/fault-proxy.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import { aStoredTask, storePending, storeTasks } from '../../../support/stored-task.ts';
import { NOW } from '../../../support/tokens.ts';

const REGISTRY = registryOf(aProcessor({ id: 'acme-ocr' }), aProcessor({ id: 'signed-ocr' }));
const RUNBOOK = 'https://wiki.example.com/runbook';

/** A proxy in front of the services, and what the overview needs of them. */
const test = base
  .extend('standIns', async ({ folder }, { onCleanup }) => {
    const standIns = await startStandIns({ dataDirectory: folder, eventsFile: `${folder}/events.jsonl` });
    onCleanup(standIns.stop);
    return standIns;
  })
  .extend('services', async ({ standIns }, { onCleanup }) => {
    const services = await openFaultProxy(standIns.endpoint);
    onCleanup(services.close);
    return services;
  })
  .extend('queues', ({ services, standIns }, { onCleanup }) => {
    const queues = openQueues({ endpoint: services.endpoint, standIns }, ['publish', 'expire']);
    onCleanup(queues.close);
    return queues;
  })
  .extend('alarms', ({ standIns }) => {
    const alarms = watchAlarms(
      [
        anAlarm({ AlarmName: 'postern-local-ReplayDetected' }),
        anAlarm({ AlarmName: 'postern-local-TaskExpired', MetricName: 'TaskExpired', Threshold: 1_000 }),
        // Of the environment "local-eu".
        anAlarm({ AlarmName: 'postern-local-eu-ReplayDetected' }),
        aPagerAlarm('postern-local-SecurityPage', 'postern-local-ReplayDetected'),
      ],
      () => NOW * 1000,
    );
    standIns.describeAlarms(alarms);
    return alarms;
  });

interface World {
  readonly store: TestStore;
  readonly queues: TestQueues;
  /** Of CloudWatch. */
  readonly endpoint: string;
}

const anOverview = (
  { endpoint, queues, store }: World,
  more: Partial<OverviewOptions> & { readonly runbookUrl?: string } = {},
) => {
  const unavailable: string[] = [];
  const retries = { wait: async () => {}, random: () => 0 };
  const tables = { client: store.client, tasksTable: store.tasksTable, lookupsTable: store.lookupsTable, ...retries };
  const cloudWatch = {
    environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_CLOUDWATCH: endpoint },
    limits: AWS_CALLS,
    ...retries,
  };
  const { runbookUrl } = more;
  return {
    unavailable,
    read: createReadOverview({
      registry: REGISTRY,
      pending: createDynamoDBPendingTasks({ ...tables, indexShards: INDEX_SHARDS.default }),
      sumMetrics: createSumMetrics(createGetMetricData(cloudWatch), 'local'),
      index: createDynamoDBTaskIndex(tables),
      indexShards: INDEX_SHARDS.default,
      queues: queues.queues.names,
      countLetters: queues.count,
      readRaisedAlarms: createReadRaisedAlarms({
        describeAlarms: createDescribeAlarms(cloudWatch),
        environment: 'local',
        runbookUrl,
      }),
      onUnavailable: (part, error) => unavailable.push(`${part}: ${describeError(error)}`),
      now: () => NOW * 1000,
      ...more,
    }),
  };
};

/** Writes metrics as the functions do, a number of seconds ago. */
const measure = (
  metrics: { record(line: string): unknown },
  secondsAgo: number,
  ...measurements: readonly Measurement[]
): void => {
  const logger = createLogger(
    'local',
    'receive',
    (line) => metrics.record(line),
    () => (NOW - secondsAgo) * 1000,
  );
  for (const measurement of measurements) logger.info('request', {}, [measurement]);
};

const raise = (alarms: Alarms): void => measure(alarms, 0, { metric: 'ReplayDetected', value: 1, by: 'acme-ocr' });

const QUARANTINED = { quarantineShard: 3, quarantinedKey: '2026-01-01T00:00:00.000Z#' };

describe('the overview', () => {
  test('of an environment without tasks is empty', async ({ alarms, ownStore: store, queues, services }) => {
    expect(alarms.names).toHaveLength(4);
    const { read, unavailable } = anOverview({ store, queues, endpoint: services.endpoint });
    expect(await read()).toEqual({
      processors: [
        expect.objectContaining({ id: 'acme-ocr', pending: 0, accepted24h: 0, replays24h: 0 }),
        expect.objectContaining({ id: 'signed-ocr', pending: 0 }),
      ],
      refusals24h: [],
      expired24h: 0,
      quarantine: { count: 0, isLowerBound: false },
      deadLetters: [
        { queue: 'publish', count: 0 },
        { queue: 'expire', count: 0 },
      ],
      alarms: [],
    });
    expect(unavailable).toEqual([]);
  });

  test('has the metrics of the last 24 hours, from one request', async ({
    ownStore: store,
    queues,
    services,
    standIns,
  }) => {
    const refused = (by: string, value: number, metric: 'TokenRefused' | 'CallbackRefused' = 'TokenRefused') => ({
      metric,
      value,
      by,
    });
    measure(
      standIns.metrics,
      3_600,
      { metric: 'CallbackAccepted', value: 4, by: 'acme-ocr' },
      { metric: 'ReplayDetected', value: 2, by: 'signed-ocr' },
      { metric: 'TaskExpired', value: 3 },
      refused('token_expired', 1),
      refused('token_expired', 1),
      refused('token_malformed', 5),
      refused('payload_invalid', 3, 'CallbackRefused'),
    );
    measure(standIns.metrics, 90_000, refused('proof_missing', 7), { metric: 'TaskExpired', value: 9 });
    const { read } = anOverview({ store, queues, endpoint: services.endpoint });
    expect(await read()).toMatchObject({
      processors: [
        { id: 'acme-ocr', accepted24h: 4, replays24h: 0 },
        { id: 'signed-ocr', accepted24h: 0, replays24h: 2 },
      ],
      refusals24h: [
        { code: 'token_malformed', count: 5 },
        { code: 'payload_invalid', count: 3 },
        { code: 'token_expired', count: 2 },
      ],
      expired24h: 3,
    });
    expect(services.count('GetMetricData')).toBe(1);
  });

  test('keeps metrics for 60 seconds, and no failure', async ({ ownStore: store, queues, services }) => {
    expect(OVERVIEW_SECONDS).toBe(60);
    let time = NOW * 1000;
    const { read } = anOverview({ store, queues, endpoint: services.endpoint }, { now: () => time });
    const countAfter = async (milliseconds: number) => {
      time += milliseconds;
      const { expired24h } = await read();
      return [expired24h, services.count('GetMetricData')];
    };
    services.injectNext('GetMetricData', ...Array.from({ length: 3 }, () => ({ kind: 'error', status: 503 }) as const));
    expect(await countAfter(0)).toEqual([null, 3]);
    expect(await countAfter(0)).toEqual([0, 4]);
    expect(await countAfter(59_999)).toEqual([0, 4]);
    expect(await countAfter(1)).toEqual([0, 5]);
    // The clock was set back.
    expect(await countAfter(-1)).toEqual([0, 6]);
  });

  test('counts every refusal that has a reason in its metric', async ({
    ownStore: store,
    queues,
    services,
    standIns,
  }) => {
    const codes = Object.entries(OUTCOMES).flatMap(([code, { metric }]) =>
      metric === 'TokenRefused' || metric === 'CallbackRefused' ? [{ code, metric }] : [],
    );
    for (const { code, metric } of codes) measure(standIns.metrics, 60, { metric, value: 1, by: code });
    const { refusals24h } = await anOverview({ store, queues, endpoint: services.endpoint }).read();
    expect(refusals24h?.map(({ code }) => code).sort()).toEqual(codes.map(({ code }) => code).sort());
  });

  test('counts pending tasks, waiting tasks and dead letters', async ({ ownStore: store, queues, services }) => {
    await storePending(store, 3);
    await storeTasks(store, [
      aStoredTask({ status: 'cancelled', due: undefined, dueShard: undefined, ...QUARANTINED }),
      aStoredTask({ processor: 'signed-ocr', ...QUARANTINED, quarantineShard: 0 }),
    ]);
    for (const body of ['one', 'two']) await queues.send('publish', body);
    const view = await anOverview({ store, queues, endpoint: services.endpoint }).read();
    expect(view).toMatchObject({
      processors: [{ pending: 3 }, { pending: 1 }],
      quarantine: { count: 2, isLowerBound: false },
      deadLetters: [{ count: 2 }, { count: 0 }],
    });
    // A receive would hide letters from other readers.
    expect(services.count('ReceiveMessage')).toBe(0);
    expect(queues.lettersOf('publish')).toEqual({ visible: 2, hidden: 0 });
  });

  test('counts at most 100 waiting tasks of a shard, and says so', async ({ ownStore: store, queues, services }) => {
    expect(WAITING_TASKS_PER_SHARD).toBe(100);
    const { read } = anOverview({ store, queues, endpoint: services.endpoint });
    await storePending(store, 99, QUARANTINED);
    expect((await read()).quarantine).toEqual({ count: 99, isLowerBound: false });
    await storePending(store, 2, QUARANTINED);
    expect((await read()).quarantine).toEqual({ count: 100, isLowerBound: true });
  });

  test('has raised alarms of this environment, with their runbook entries', async ({
    alarms,
    ownStore: store,
    queues,
    services,
  }) => {
    raise(alarms);
    const world = { store, queues, endpoint: services.endpoint };
    const since = new Date(NOW * 1000).toISOString();
    expect((await anOverview(world, { runbookUrl: RUNBOOK }).read()).alarms).toEqual([
      { name: 'ReplayDetected', since, runbookUrl: `${RUNBOOK}#replaydetected` },
      { name: 'SecurityPage', since, runbookUrl: `${RUNBOOK}#securitypage` },
    ]);
    expect((await anOverview(world).read()).alarms).toEqual([
      { name: 'ReplayDetected', since },
      { name: 'SecurityPage', since },
    ]);
  });
});

describe('the overview without a service', () => {
  test('has the other parts if CloudWatch is down', async ({ ownStore: store, queues }) => {
    await storePending(store, 2);
    const { read, unavailable } = anOverview({ store, queues, endpoint: 'http://127.0.0.1:1' });
    const view = await read();
    expect(view).toMatchObject({
      processors: [{ id: 'acme-ocr', pending: 2, accepted24h: null, replays24h: null }, { id: 'signed-ocr' }],
      refusals24h: null,
      expired24h: null,
      quarantine: { count: 0 },
      deadLetters: [{ count: 0 }, { count: 0 }],
      alarms: null,
    });
    expect(unavailable.sort()).toEqual(['alarms: Error', 'metrics: Error']);
  });

  test('has the other queues if SQS refuses one', async ({ ownStore: store, queues, services }) => {
    await queues.send('expire', 'one');
    services.inject(({ input, operation }) =>
      operation === 'GetQueueAttributes' && String(input.QueueUrl).includes('publish')
        ? { kind: 'error', status: 500 }
        : undefined,
    );
    const { read, unavailable } = anOverview({ store, queues, endpoint: services.endpoint });
    const { alarms, deadLetters } = await read();
    expect(deadLetters).toEqual([
      { queue: 'publish', count: null },
      { queue: 'expire', count: 1 },
    ]);
    expect(alarms).toEqual([]);
    expect(unavailable).toEqual([expect.stringMatching(/^dead letters: /)]);
  });

  test('has the parts of CloudWatch and SQS if the tables are down', async ({ ownStore, queues, services, alarms }) => {
    raise(alarms);
    const client = ownStore.connect({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });
    const { read, unavailable } = anOverview({ store: { ...ownStore, client }, queues, endpoint: services.endpoint });
    expect(await read()).toMatchObject({
      processors: null,
      quarantine: null,
      refusals24h: [],
      expired24h: 0,
      deadLetters: [{ count: 0 }, { count: 0 }],
      alarms: [{ name: 'ReplayDetected' }, { name: 'SecurityPage' }],
    });
    expect(unavailable.map((line) => line.split(':')[0]).sort()).toEqual(['processors', 'quarantine']);
  });
});

describe('raised alarms', () => {
  test('are read page by page, the latest first', async () => {
    const inputs: unknown[] = [];
    const paged: DescribeAlarms = async (input) => {
      inputs.push(input);
      return input.NextToken === undefined
        ? { MetricAlarms: [{ AlarmName: 'postern-prod-A', StateUpdatedTimestamp: NOW }], NextToken: 'more' }
        : { CompositeAlarms: [{ AlarmName: 'postern-prod-B', StateTransitionedTimestamp: NOW + 0.5 }] };
    };
    const read = createReadRaisedAlarms({ describeAlarms: paged, environment: 'prod', runbookUrl: undefined });
    expect(await read()).toEqual([
      { name: 'B', since: new Date(NOW * 1000 + 500).toISOString() },
      { name: 'A', since: new Date(NOW * 1000).toISOString() },
    ]);
    const first = {
      AlarmNamePrefix: 'postern-prod-',
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      StateValue: 'ALARM',
    };
    expect(inputs).toEqual([first, { ...first, NextToken: 'more' }]);
  });
});
