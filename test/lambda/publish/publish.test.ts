import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { EventBridgeClient, type PutEventsCommandInput } from '@aws-sdk/client-eventbridge';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TaskItem } from '../../../lambda/contract/task.ts';
import { CLIENT_CONFIGURATION } from '../../../lambda/dependency/client-configuration.ts';
import { createJournal } from '../../../lambda/observe/journal.ts';
import { createEventBus } from '../../../lambda/publish/event-bus.ts';
import { createPublisher } from '../../../lambda/publish/publish-records.ts';
import { fromStream } from '../../../lambda/publish/stream.ts';
import { createDynamoDBTaskStore } from '../../../lambda/tasks/dynamodb-store.ts';
import { startEventSource } from '../../../local/dynamodb/event-source.ts';
import { LOCAL_CLIENT, openStore, type TestStore } from '../../support/engine.ts';
import { type FaultProxy, openFaultProxy } from '../../support/fault-proxy.ts';
import { openKms, type TestKms } from '../../support/kms.ts';
import { aReceiver, putTask } from '../../support/receiver.ts';
import { aSigningKey, NOW, ORIGIN } from '../../support/tokens.ts';

const BUS = 'postern-test';
const at = (seconds: number) => new Date(seconds * 1000).toISOString();

/** A task as the stream carries it; say what is different. */
const anImage = (overrides: Partial<TaskItem> & Record<string, unknown> = {}): Record<string, AttributeValue> =>
  marshall(
    {
      taskId: 'task-1',
      status: 'pending',
      processor: 'acme-ocr',
      resource: 'invoice-77',
      openedBy: 'local-sender',
      carrier: 'path',
      createdAt: at(NOW),
      expiresAt: at(NOW + 3_600),
      deadline: NOW + 3_605,
      callbacks: { result: { jti: 'a-jti', maxUses: 1 } },
      history: [{ at: at(NOW), status: 'pending' }],
      sequence: 1,
      change: 'opened',
      changedAt: at(NOW),
      purgeAt: NOW + 90_000,
      ...overrides,
    },
    { removeUndefinedValues: true },
  );

const aRecord = (sequenceNumber: string, image: unknown = anImage(), eventName = 'MODIFY') => ({
  eventName,
  eventSource: 'aws:dynamodb',
  dynamodb: { SequenceNumber: sequenceNumber, StreamViewType: 'NEW_IMAGE', NewImage: image },
});

let aws: TestKms;
let proxy: FaultProxy;
const clients: EventBridgeClient[] = [];

beforeAll(async () => {
  aws = await openKms();
  aws.standIns.buses.add(BUS);
  proxy = await openFaultProxy(aws.endpoint);
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await proxy.close();
  await aws.close();
});
beforeEach(() => proxy.clear());

type Client = Pick<EventBridgeClient, 'send'>;

const connect = (): EventBridgeClient => {
  const client = new EventBridgeClient({ ...LOCAL_CLIENT, ...CLIENT_CONFIGURATION, endpoint: proxy.endpoint });
  clients.push(client);
  return client;
};

/** The function as its handler composes it. */
const aPublishFunction = (client: Client = connect()) => {
  const lines: Record<string, unknown>[] = [];
  const journal = createJournal('test', 'publish', (line) => lines.push(JSON.parse(line)));
  const publish = createPublisher({ origin: ORIGIN, bus: createEventBus(client, BUS), journal });
  return { handle: fromStream(publish), lines };
};

/** Events as a rule's target sees them, of one task. */
const eventsOf = (taskId: string) =>
  readFileSync(aws.eventsFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { detail: Record<string, unknown> } & Record<string, unknown>)
    .filter(({ detail }) => detail.taskId === taskId);

describe('the whole way, from the stream of the real engine to the bus', () => {
  let store: TestStore;
  let folder: string;

  beforeAll(async () => {
    store = await openStore();
    folder = mkdtempSync(join(tmpdir(), 'postern-'));
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('every change of a task is published once, in order, and no payload with it', async () => {
    const key = await aSigningKey();
    const receiver = aReceiver({ store, keys: [key] });
    const given = { owner: 'user-12', metadata: '{"invoice":77}' };
    const task = await putTask(store, key, given);
    const deliver = (body: string) =>
      receiver.deliver({
        path: task.path('result'),
        headers: { authorization: `Bearer ${task.tokens.result}`, 'content-type': 'text/plain' },
        body,
      });
    expect((await deliver('a secret payload')).status).toBe(200);
    expect((await deliver('a secret payload')).status).toBe(200);
    expect((await deliver('another payload')).status).toBe(401);
    const other = await putTask(store, key);
    const tasks = createDynamoDBTaskStore({
      client: store.client,
      tasksTable: store.tasksTable,
      wait: async () => {},
      random: Math.random,
    });
    await tasks.cancel(other.taskId, NOW * 1000);

    const { handle, lines } = aPublishFunction();
    const streams = new DynamoDBStreamsClient({ ...LOCAL_CLIENT, endpoint: store.endpoint });
    const source = await startEventSource({
      client: streams,
      mapping: {
        logicalId: 'ChangeFeed',
        type: 'AWS::Lambda::EventSourceMapping',
        properties: {
          EventSourceArn: store.streamArn,
          FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:publish',
          StartingPosition: 'TRIM_HORIZON',
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        },
      },
      dataDirectory: folder,
      invoke: handle,
      sendToDestination: () => {},
    });
    await vi.waitFor(() => expect(eventsOf(other.taskId)).toHaveLength(2), { timeout: 20_000 });
    await vi.waitFor(() => expect(eventsOf(task.taskId)).toHaveLength(3), { timeout: 20_000 });
    await source.stop();
    streams.destroy();

    const common = {
      taskId: task.taskId,
      processor: 'acme-ocr',
      resource: 'invoice-77',
      owner: 'user-12',
      metadata: { invoice: 77 },
      createdAt: at(NOW),
      expiresAt: at(NOW + 3_600),
      at: at(NOW),
    };
    const result = {
      contentType: 'text/plain',
      size: 16,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      location: `${ORIGIN}/v1/tasks/${task.taskId}/result`,
    };
    const events = eventsOf(task.taskId);
    expect(events.map((event) => [event.source, event['detail-type']])).toEqual([
      ['postern', 'Task Opened'],
      ['postern', 'Task Succeeded'],
      ['postern', 'Replay Detected'],
    ]);
    expect(events.map(({ detail }) => detail)).toEqual([
      { ...common, id: `${task.taskId}-1`, sequence: 1, status: 'pending' },
      { ...common, id: `${task.taskId}-2`, sequence: 2, status: 'succeeded', result },
      {
        ...common,
        id: `${task.taskId}-3`,
        sequence: 3,
        status: 'succeeded',
        result,
        replay: { count: 1, from: '203.0.113.7', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ]);
    expect(new Date(events[0]?.time as string).getTime()).toBe(NOW * 1000);
    expect(eventsOf(other.taskId).map((event) => event['detail-type'])).toEqual(['Task Opened', 'Task Cancelled']);
    expect(JSON.stringify([...events, ...lines])).not.toContain('payload"');
    expect(JSON.stringify([...events, ...lines])).not.toContain('secret');
  });
});

describe('an event', () => {
  const publishOne = async (overrides: Partial<TaskItem>) => {
    const taskId = `task-${randomUUID()}`;
    await aPublishFunction().handle({ Records: [aRecord('1', anImage({ ...overrides, taskId }))] });
    return eventsOf(taskId);
  };

  test('of a failure says where the failure is', async () => {
    const failure = { contentType: 'text/plain', size: 3, sha256: '0'.repeat(64), receivedAt: at(NOW) };
    const [event] = await publishOne({ status: 'failed', change: 'failed', failure, payload: Buffer.from('bad') });
    expect(event).toMatchObject({
      'detail-type': 'Task Failed',
      detail: { failure: { contentType: 'text/plain', size: 3, location: expect.stringMatching(/\/failure$/) } },
    });
    expect(event?.detail).not.toHaveProperty('result');
    expect(event?.detail.failure).not.toHaveProperty('receivedAt');
  });

  test('of an expiry is Task Expired', async () => {
    expect(await publishOne({ status: 'expired', change: 'expired' })).toMatchObject([
      { 'detail-type': 'Task Expired' },
    ]);
  });

  test('speaks of a replay only when that is what happened', async () => {
    const replay = { replays: 2, lastReplay: { from: '203.0.113.7', sha256: '0'.repeat(64) } };
    const [changed] = await publishOne({ ...replay, status: 'cancelled', change: 'cancelled' });
    expect(changed?.detail).not.toHaveProperty('replay');
    const [replayed] = await publishOne({ ...replay, status: 'succeeded', change: 'replayed' });
    expect(replayed?.detail.replay).toEqual({ count: 2, ...replay.lastReplay });
  });

  test('has the time of the change', async () => {
    expect(await publishOne({ changedAt: at(NOW + 60) })).toMatchObject([{ detail: { at: at(NOW + 60) } }]);
  });
});

describe('a batch of the stream', () => {
  /** The service's answer, by its documentation, with these entries refused. */
  const refusing = (...refused: readonly string[]) => {
    const requests: string[][] = [];
    const client = {
      send: async ({ input }: { readonly input: PutEventsCommandInput }) => {
        const ids = (input.Entries ?? []).map(({ Detail = '{}' }) => JSON.parse(Detail).taskId as string);
        requests.push(ids);
        const Entries = ids.map((id) =>
          refused.includes(id)
            ? { ErrorCode: 'InternalFailure', ErrorMessage: 'secret words' }
            : { EventId: randomUUID() },
        );
        return { FailedEntryCount: ids.filter((id) => refused.includes(id)).length, Entries };
      },
    };
    return { requests, client: client as unknown as Client };
  };
  const records = (count: number, overrides: Partial<TaskItem> = {}) =>
    Array.from({ length: count }, (_, i) => aRecord(`${i}`, anImage({ taskId: `task-${i}`, ...overrides })));

  test('goes out in its order, ten at a time', async () => {
    const { client, requests } = refusing();
    expect(await aPublishFunction(client).handle({ Records: records(25) })).toEqual({ batchItemFailures: [] });
    expect(requests.map((ids) => ids.length)).toEqual([10, 10, 5]);
    expect(requests.flat()).toEqual(Array.from({ length: 25 }, (_, i) => `task-${i}`));
  });

  test('goes out in pieces that one request takes, however large its events are', async () => {
    const { client, requests } = refusing();
    const metadata = JSON.stringify({ a: 'x'.repeat(60_000) });
    await aPublishFunction(client).handle({ Records: records(9, { metadata }) });
    expect(requests.map((ids) => ids.length)).toEqual([4, 4, 1]);
  });

  test('comes again from the first event on that was not taken, and nothing after its request is sent', async () => {
    const { client, requests } = refusing('task-13', 'task-17');
    const { handle, lines } = aPublishFunction(client);
    expect(await handle({ Records: records(25) })).toEqual({ batchItemFailures: [{ itemIdentifier: '13' }] });
    expect(requests).toHaveLength(2);
    expect(lines).toMatchObject([
      { level: 'ERROR', sequenceNumber: '13', taskId: 'task-13', error: 'InternalFailure' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test.each([
    ['throttled', { kind: 'throttled', as: 'ThrottlingException' }],
    ['failing', { kind: 'error', status: 500 }],
    ['gone', { kind: 'reset' }],
  ] as const)('C7 comes again from its beginning while the bus is %s', async (_, fault) => {
    proxy.inject(() => fault);
    const { handle } = aPublishFunction();
    expect(await handle({ Records: records(3) })).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
  });

  test('a record that is no task is logged without its content and holds up nothing', async () => {
    const { client, requests } = refusing();
    const { handle, lines } = aPublishFunction(client);
    const strange = [
      { taskId: { S: 'secret' } },
      anImage({ change: 'vanished' as never, resource: 'secret' }),
      anImage({ status: 'secret' as never }),
      anImage({ metadata: '{"secret":' }),
      anImage({ changedAt: 'secret' }),
      { taskId: { X: 'secret' } },
      { taskId: 'secret' },
      {},
    ];
    const all = [...strange.map((image, i) => aRecord(`s${i}`, image)), ...records(1)];
    expect(await handle({ Records: all })).toEqual({ batchItemFailures: [] });
    expect(requests).toEqual([['task-0']]);
    expect(lines.filter(({ level }) => level === 'ERROR').map(({ sequenceNumber }) => sequenceNumber)).toEqual(
      strange.map((_, i) => `s${i}`),
    );
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('removals and what is none of the stream are passed over', async () => {
    const { client, requests } = refusing();
    const { handle } = aPublishFunction(client);
    const strange = [
      aRecord('1', undefined, 'REMOVE'),
      aRecord('2', anImage(), 'REMOVE'),
      null,
      7,
      {},
      { dynamodb: null },
    ];
    expect(await handle({ Records: strange })).toEqual({ batchItemFailures: [] });
    for (const event of [null, undefined, {}, { Records: 'none' }, 'text']) {
      expect(await handle(event)).toEqual({ batchItemFailures: [] });
    }
    expect(requests).toEqual([]);
  });
});
