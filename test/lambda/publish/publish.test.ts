import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { EventBridgeClient, type PutEventsCommandInput } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { DETAIL_TYPES } from '../../../lambda/contract/events.ts';
import { NEVER } from '../../../lambda/contract/limits.ts';
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
const clients: { destroy(): void }[] = [];
let sqs: SQSClient;

beforeAll(async () => {
  aws = await openKms();
  aws.standIns.buses.add(BUS);
  proxy = await openFaultProxy(aws.endpoint);
  sqs = new SQSClient({ ...LOCAL_CLIENT, endpoint: aws.endpoint });
  clients.push(sqs);
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

  test('a record that can never be published ends in the dead-letter queue, alone, and the others go on in order', async () => {
    const key = await aSigningKey();
    const queue = aws.standIns.queues.ensureQueue({
      logicalId: 'DeadLetters',
      type: 'AWS::SQS::Queue',
      properties: {},
    });
    const good = [await putTask(store, key), await putTask(store, key)] as const;
    const poison = await putTask(store, key, { change: 'vanished' as never });
    const after = await putTask(store, key);
    for (const task of [...good, after]) await touch(task.taskId);

    const { handle, lines } = aPublishFunction();
    const streams = new DynamoDBStreamsClient({ ...LOCAL_CLIENT, endpoint: store.endpoint });
    const source = await startEventSource({
      client: streams,
      mapping: {
        logicalId: 'PoisonedChangeFeed',
        type: 'AWS::Lambda::EventSourceMapping',
        // As the gateway stack has it.
        properties: {
          EventSourceArn: store.streamArn,
          FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:publish',
          StartingPosition: 'TRIM_HORIZON',
          BatchSize: 100,
          BisectBatchOnFunctionError: true,
          MaximumRetryAttempts: 1,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          DestinationConfig: { OnFailure: { Destination: queue.arn } },
        },
      },
      dataDirectory: folder,
      invoke: handle,
      sendToDestination: async (arn, message) => {
        expect(arn).toBe(queue.arn);
        await sqs.send(
          new SendMessageCommand({ QueueUrl: `${aws.endpoint}/000000000000/${queue.name}`, MessageBody: message }),
        );
      },
    });
    for (const task of [...good, after]) {
      await vi.waitFor(() => expect(sequencesOf(task.taskId)).toEqual([1, 2]), { timeout: 20_000 });
    }
    await source.stop();
    streams.destroy();

    const letters = readFileSync(queue.file, 'utf8').trim().split('\n');
    expect(letters).toHaveLength(1);
    const { DDBStreamBatchInfo: where } = JSON.parse(JSON.parse(letters[0] ?? '{}').body);
    expect(where.batchSize).toBe(1);
    expect(lines.filter(({ level }) => level === 'ERROR').map(({ sequenceNumber }) => sequenceNumber)).toContain(
      where.startSequenceNumber,
    );
    expect(eventsOf(poison.taskId)).toEqual([]);
  });

  /** A change that is published. */
  const touch = (taskId: string) =>
    store.client.send(
      new UpdateItemCommand({
        TableName: store.tasksTable,
        Key: { taskId: { S: taskId } },
        UpdateExpression: 'SET #change = :cancelled, #status = :cancelled ADD #sequence :one',
        ExpressionAttributeNames: { '#change': 'change', '#status': 'status', '#sequence': 'sequence' },
        ExpressionAttributeValues: { ':cancelled': { S: 'cancelled' }, ':one': { N: '1' } },
      }),
    );

  /** In the order in which they came first: the stream comes at least once. */
  const sequencesOf = (taskId: string) => [...new Set(eventsOf(taskId).map(({ detail }) => detail.sequence))];
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

  test('of progress says how far, and no other event does', async () => {
    const progress = { percent: 40, note: 'page 4 of 10', at: at(NOW) };
    const [progressed] = await publishOne({ change: 'progressed', progress });
    expect(progressed).toMatchObject({ 'detail-type': 'Task Progressed', detail: { status: 'pending' } });
    expect(progressed?.detail.progress).toEqual(progress);
    const [cancelled] = await publishOne({ change: 'cancelled', status: 'cancelled', progress });
    expect(cancelled?.detail).not.toHaveProperty('progress');
  });

  test('of a late delivery has the status that readers show, and nothing of what was delivered', async () => {
    const entry = {
      id: 'an-entry',
      capability: 'result' as const,
      jti: 'a-jti',
      contentType: 'text/secret',
      size: 6,
      sha256: '0'.repeat(64),
      receivedAt: at(NOW),
      payload: Buffer.from('secret'),
    };
    const late = { change: 'quarantined', quarantine: { 'an-entry': entry }, heartbeatDeadline: NEVER } as const;
    const [overdue] = await publishOne({ ...late, changedAt: at(NOW + 3_605) });
    expect(overdue).toMatchObject({ 'detail-type': 'Task Quarantined', detail: { status: 'expired' } });
    const [cancelled] = await publishOne({ ...late, status: 'cancelled' });
    expect(cancelled).toMatchObject({ 'detail-type': 'Task Quarantined', detail: { status: 'cancelled' } });
    expect(JSON.stringify([overdue, cancelled])).not.toMatch(/secret|a-jti|an-entry/);
  });

  test.each(Object.entries(DETAIL_TYPES))('for change %s is %s', async (change, detailType) => {
    const events = await publishOne({ change: change as TaskItem['change'], sequence: 7 });
    expect(events.map((event) => event['detail-type'])).toEqual(detailType === null ? [] : [detailType]);
    // All that a consumer needs to tell a redelivery, and an order.
    for (const { detail } of events) expect(detail).toMatchObject({ id: `${detail.taskId}-7`, sequence: 7 });
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

  test('never has a task twice in one request: the bus could take the later event and refuse the earlier', async () => {
    const { client, requests } = refusing();
    const all = ['a', 'b', 'a', 'c', 'a', 'b'].map((taskId, i) => aRecord(`${i}`, anImage({ taskId, sequence: i })));
    await aPublishFunction(client).handle({ Records: all });
    expect(requests).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['a', 'b'],
    ]);
  });

  test.each([
    ['not a task', { taskId: { S: 'secret' } }],
    ['of an unknown change', anImage({ change: 'vanished' as never, resource: 'secret' })],
    ['of an unknown status', anImage({ status: 'secret' as never })],
    ['with broken metadata', anImage({ metadata: '{"secret":' })],
    ['at no time', anImage({ changedAt: 'secret' })],
    ['of no attribute type', { taskId: { X: 'secret' } }],
    ['not marshalled', { taskId: 'secret' }],
    ['empty', {}],
    ['null', null],
    ['a text', 'secret'],
  ])(
    'a record that is %s comes again from there on, after what is before it, and is logged without its content',
    async (_, image) => {
      const { client, requests } = refusing();
      const { handle, lines } = aPublishFunction(client);
      const Records = [...records(1), aRecord('poison', image), aRecord('after')];
      expect(await handle({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 'poison' }] });
      expect(requests).toEqual([['task-0']]);
      expect(lines.filter(({ level }) => level === 'ERROR')).toMatchObject([{ sequenceNumber: 'poison' }]);
      expect(JSON.stringify(lines)).not.toContain('secret');
    },
  );

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
