import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import {
  EventBridgeClient,
  type EventBridgeClientConfig,
  type PutEventsCommandInput,
} from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, vi } from 'vitest';
import { DETAIL_TYPES } from '../../../../lambda/contract/events.ts';
import { NEVER } from '../../../../lambda/contract/limits.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { createDeadLetterQueue } from '../../../../lambda/functions/publish/dead-letter-queue.ts';
import { createEventBus } from '../../../../lambda/functions/publish/event-bus.ts';
import { createPublisher } from '../../../../lambda/functions/publish/publish-records.ts';
import { fromStream } from '../../../../lambda/functions/publish/stream.ts';
import { createDynamoDBSenderTaskStore } from '../../../../lambda/functions/tasks/dynamodb-sender-task-store.ts';
import { CLIENT_CONFIGURATION } from '../../../../lambda/shared/aws/client-configuration.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { startEventSource } from '../../../../local/dynamodb/event-source.ts';
import type { Queue } from '../../../../local/stand-ins/sqs-queues.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { EVENTUALLY, patiently } from '../../../support/patience.ts';
import { aReceiver, putTask } from '../../../support/receiver.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

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

const STREAM = 'arn:aws:dynamodb:eu-west-1:000000000000:table/Tasks/stream/2026-01-01T00:00:00.000';

const aRecord = (sequenceNumber: string, image: unknown = anImage(), eventName = 'MODIFY') => ({
  eventName,
  eventSource: 'aws:dynamodb',
  eventSourceARN: STREAM,
  dynamodb: { SequenceNumber: sequenceNumber, StreamViewType: 'NEW_IMAGE', NewImage: image },
});

const SOMEBODY = { from: '203.0.113.7', sha256: '0'.repeat(64) };

const urlOf = ({ name }: Queue) => `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}`;

type Client = Pick<EventBridgeClient, 'send'>;

const test = base
  .extend('aws', { scope: 'file' }, ({ kms }) => {
    kms.standIns.buses.add(BUS);
    return kms;
  })
  // The clients of the handler, through the proxy.
  .extend('sqs', ({ kmsProxy }, { onCleanup }) => {
    const sqs = new SQSClient({
      ...LOCAL_CLIENT,
      ...patiently(CLIENT_CONFIGURATION),
      endpoint: kmsProxy.endpoint,
      useQueueUrlAsEndpoint: false,
    });
    onCleanup(() => sqs.destroy());
    return sqs;
  })
  .extend('connect', ({ kmsProxy }, { onCleanup }) => {
    const clients: EventBridgeClient[] = [];
    onCleanup(() => {
      for (const client of clients) client.destroy();
    });
    return (configuration: EventBridgeClientConfig = patiently(CLIENT_CONFIGURATION)): EventBridgeClient => {
      const client = new EventBridgeClient({ ...LOCAL_CLIENT, ...configuration, endpoint: kmsProxy.endpoint });
      clients.push(client);
      return client;
    };
  })
  /** Dead-letter queue of one test. */
  .extend('queue', ({ aws }) =>
    aws.standIns.queues.ensureQueue({
      logicalId: `DeadLetters-${randomUUID()}`,
      type: 'AWS::SQS::Queue',
      properties: {},
    }),
  )
  /** Messages in the queue of this test. */
  .extend(
    'letters',
    ({ queue }) =>
      (): readonly Record<string, unknown>[] =>
        existsSync(queue.file)
          ? readFileSync(queue.file, 'utf8')
              .trim()
              .split('\n')
              .map((line) => JSON.parse(JSON.parse(line).body))
          : [],
  )
  /** The function as its handler composes it. */
  .extend('aPublishFunction', ({ connect, queue, sqs }) => (client: Client = connect()) => {
    const lines: Record<string, unknown>[] = [];
    const logger = createLogger('test', 'publish', (line) => lines.push(JSON.parse(line)));
    const publish = createPublisher({
      origin: ORIGIN,
      bus: createEventBus(client, BUS),
      deadLetters: createDeadLetterQueue(sqs, urlOf(queue)),
      logger,
    });
    return { handle: fromStream(publish, publish), lines };
  })
  /** Events as a rule's target sees them, of one task. */
  .extend(
    'eventsOf',
    ({ aws }) =>
      (taskId: string) =>
        readFileSync(aws.eventsFile, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { detail: Record<string, unknown> } & Record<string, unknown>)
          .filter(({ detail }) => detail.taskId === taskId),
  )
  /** The stream's mapping as the gateway stack has it; end it with `stop`. */
  .extend(
    'feed',
    ({ folder, queue, sqs, store }) =>
      async (logicalId: string, invoke: ReturnType<typeof fromStream>) => {
        const streams = new DynamoDBStreamsClient({ ...LOCAL_CLIENT, endpoint: store.endpoint });
        const source = await startEventSource({
          client: streams,
          mapping: {
            logicalId,
            type: 'AWS::Lambda::EventSourceMapping',
            properties: {
              EventSourceArn: store.streamArn,
              FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:publish',
              StartingPosition: 'LATEST',
              BatchSize: 100,
              BisectBatchOnFunctionError: true,
              MaximumRetryAttempts: -1,
              MaximumRecordAgeInSeconds: 82_800,
              ParallelizationFactor: 1,
              FunctionResponseTypes: ['ReportBatchItemFailures'],
              DestinationConfig: { OnFailure: { Destination: queue.arn } },
            },
          },
          dataDirectory: folder,
          invoke,
          sendToDestination: async (arn, message) => {
            expect(arn).toBe(queue.arn);
            await sqs.send(new SendMessageCommand({ QueueUrl: urlOf(queue), MessageBody: message }));
          },
        });
        const stop = async () => {
          await source.stop();
          streams.destroy();
        };
        return { stop };
      },
  )
  /** A change that is published. */
  .extend(
    'touch',
    ({ store }) =>
      (taskId: string) =>
        store.client.send(
          new UpdateItemCommand({
            TableName: store.tasksTable,
            Key: { taskId: { S: taskId } },
            UpdateExpression: 'SET #change = :cancelled, #status = :cancelled ADD #sequence :one',
            ExpressionAttributeNames: { '#change': 'change', '#status': 'status', '#sequence': 'sequence' },
            ExpressionAttributeValues: { ':cancelled': { S: 'cancelled' }, ':one': { N: '1' } },
          }),
        ),
  )
  /** In the order in which they came first: the stream comes at least once. */
  .extend('sequencesOf', ({ eventsOf }) => (taskId: string) => [
    ...new Set(eventsOf(taskId).map(({ detail }) => detail.sequence)),
  ])
  .extend('publishOne', ({ aPublishFunction, eventsOf }) => async (overrides: Partial<TaskItem>) => {
    const taskId = `task-${randomUUID()}`;
    await aPublishFunction().handle({ Records: [aRecord('1', anImage({ ...overrides, taskId }))] });
    return eventsOf(taskId);
  });

describe('the whole way, from the stream of the real engine to the bus', () => {
  test('every change of a task is published once, in order, and no payload with it', async ({
    aPublishFunction,
    eventsOf,
    folder,
    key,
    store,
  }) => {
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
    const tasks = createDynamoDBSenderTaskStore({
      client: store.client,
      tasksTable: store.tasksTable,
      layout: 'current',
      wait: async () => {},
      random: Math.random,
    });
    await tasks.cancel('default', other.taskId, NOW * 1000);

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
    await vi.waitFor(() => expect(eventsOf(other.taskId)).toHaveLength(2), EVENTUALLY);
    await vi.waitFor(() => expect(eventsOf(task.taskId)).toHaveLength(3), EVENTUALLY);
    await source.stop();
    streams.destroy();

    const common = {
      taskId: task.taskId,
      application: 'default',
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

  test('C7 sends an unpublishable record to the dead-letter queue, and goes on in order', async ({
    aPublishFunction,
    feed,
    key,
    letters,
    sequencesOf,
    store,
    touch,
  }) => {
    const { handle, lines } = aPublishFunction();
    const answers: unknown[] = [];
    const source = await feed('PoisonedChangeFeed', async (event) => {
      const answer = await handle(event);
      answers.push(answer);
      return answer;
    });
    const before = await putTask(store, key);
    const poison = await putTask(store, key, { change: 'vanished' as never, resource: 'secret', metadata: '"secret"' });
    const after = await putTask(store, key);
    for (const task of [before, poison, after]) await touch(task.taskId);
    for (const task of [before, after]) {
      await vi.waitFor(() => expect(sequencesOf(task.taskId)).toEqual([1, 2]), EVENTUALLY);
    }
    // Its next change is fine again.
    await vi.waitFor(() => expect(sequencesOf(poison.taskId)).toEqual([2]), EVENTUALLY);
    await source.stop();

    expect(letters()).toEqual([
      {
        taskId: poison.taskId,
        sequence: 1,
        streamArn: store.streamArn,
        sequenceNumber: expect.stringMatching(/^\d+$/),
        reason: 'NotATask',
      },
    ]);
    expect(lines.filter(({ level }) => level === 'ERROR')).toMatchObject(letters());
    for (const answer of answers) expect(answer).toEqual({ batchItemFailures: [] });
    expect(JSON.stringify([letters(), lines])).not.toContain('secret');
  });

  test('C7 loses no event during an outage of EventBridge, and then publishes in order per task', async ({
    aPublishFunction,
    connect,
    feed,
    key,
    letters,
    kmsProxy,
    sequencesOf,
    store,
    touch,
  }) => {
    kmsProxy.inject(({ operation }) =>
      operation === 'PutEvents' ? { kind: 'throttled', as: 'ThrottlingException' } : undefined,
    );
    let failures = 0;
    const { handle } = aPublishFunction(connect({ maxAttempts: 1 }));
    const source = await feed('WaitingChangeFeed', async (event) => {
      const answer = await handle(event);
      if (answer.batchItemFailures.length > 0) failures += 1;
      return answer;
    });
    const tasks = [await putTask(store, key), await putTask(store, key), await putTask(store, key)];
    const poison = await putTask(store, key, { change: 'vanished' as never });
    for (const { taskId } of tasks) await touch(taskId);
    // More often than a mapping that gives up would try.
    await vi.waitFor(() => expect(failures).toBeGreaterThanOrEqual(8), EVENTUALLY);
    for (const { taskId } of tasks) expect(sequencesOf(taskId)).toEqual([]);
    expect(letters()).toEqual([]);

    kmsProxy.inject(() => undefined);
    for (const { taskId } of tasks) {
      await vi.waitFor(() => expect(sequencesOf(taskId)).toEqual([1, 2]), EVENTUALLY);
    }
    await source.stop();
    expect(letters()).toMatchObject([{ taskId: poison.taskId, reason: 'NotATask' }]);
  });
});

describe('an event', () => {
  test('has the location of a failure', async ({ publishOne }) => {
    const failure = { contentType: 'text/plain', size: 3, sha256: '0'.repeat(64), receivedAt: at(NOW) };
    const [event] = await publishOne({ status: 'failed', change: 'failed', failure, payload: Buffer.from('bad') });
    expect(event).toMatchObject({
      'detail-type': 'Task Failed',
      detail: { failure: { contentType: 'text/plain', size: 3, location: expect.stringMatching(/\/failure$/) } },
    });
    expect(event?.detail).not.toHaveProperty('result');
    expect(event?.detail.failure).not.toHaveProperty('receivedAt');
  });

  test('is Task Expired if the task expired', async ({ publishOne }) => {
    expect(await publishOne({ status: 'expired', change: 'expired' })).toMatchObject([
      { 'detail-type': 'Task Expired' },
    ]);
  });

  test('speaks of a replay only when that is what happened', async ({ publishOne }) => {
    const second = { from: '203.0.113.7', sha256: '0'.repeat(64) };
    const first = { at: at(NOW), sha256: '1'.repeat(64) };
    const replay = { replays: 2, lastReplay: { ...second, at: at(NOW + 1), first } };
    const [changed] = await publishOne({ ...replay, status: 'cancelled', change: 'cancelled' });
    expect(changed?.detail).not.toHaveProperty('replay');
    const [replayed] = await publishOne({ ...replay, status: 'succeeded', change: 'replayed' });
    expect(replayed?.detail.replay).toEqual({ count: 2, ...second });
  });

  test('has the progress, and no other event has it', async ({ publishOne }) => {
    const progress = { percent: 40, note: 'page 4 of 10', at: at(NOW) };
    const [progressed] = await publishOne({ change: 'progressed', progress });
    expect(progressed).toMatchObject({ 'detail-type': 'Task Progressed', detail: { status: 'pending' } });
    expect(progressed?.detail.progress).toEqual(progress);
    const [cancelled] = await publishOne({ change: 'cancelled', status: 'cancelled', progress });
    expect(cancelled?.detail).not.toHaveProperty('progress');
  });

  test('of a late delivery has the status that readers show, and no part of the delivery', async ({ publishOne }) => {
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
    const late = {
      change: 'quarantined',
      quarantine: { 'an-entry': entry },
      'kept#an-entry': Buffer.from('secret'),
      heartbeatDeadline: NEVER,
    } as const;
    const [overdue] = await publishOne({ ...late, changedAt: at(NOW + 3_605) });
    expect(overdue).toMatchObject({ 'detail-type': 'Task Quarantined', detail: { status: 'expired' } });
    const [cancelled] = await publishOne({ ...late, status: 'cancelled' });
    expect(cancelled).toMatchObject({ 'detail-type': 'Task Quarantined', detail: { status: 'cancelled' } });
    expect(JSON.stringify([overdue, cancelled])).not.toMatch(/secret|a-jti|an-entry/);
  });

  test.for(Object.entries(DETAIL_TYPES))('for change %s is %s', async ([change, detailType], { publishOne }) => {
    const events = await publishOne({ change: change as TaskItem['change'], sequence: 7 });
    expect(events.map((event) => event['detail-type'])).toEqual(detailType === null ? [] : [detailType]);
    // A consumer needs these to detect a redelivery and the order.
    for (const { detail } of events) expect(detail).toMatchObject({ id: `${detail.taskId}-7`, sequence: 7 });
  });

  test('of a dispatch has its attempts and the id of the job, and no other event has them', async ({ publishOne }) => {
    const dispatch = { state: 'accepted', attempts: 2, issue: 1, used: 1, lastStatus: 202, remoteId: 'job-1' } as const;
    const [accepted] = await publishOne({ change: 'dispatched', dispatch });
    expect(accepted).toMatchObject({ 'detail-type': 'Task Dispatched', detail: { status: 'pending' } });
    expect(accepted?.detail.dispatch).toEqual({ attempts: 2, remoteId: 'job-1' });
    const [later] = await publishOne({ change: 'succeeded', status: 'succeeded', dispatch });
    expect(later?.detail).not.toHaveProperty('dispatch');
  });

  test('is Dispatch Failed alone if the task stays pending', async ({ publishOne }) => {
    const dispatch = { state: 'failed', attempts: 3, issue: 1, used: 3, reason: 'Refused', lastStatus: 404 } as const;
    const [event, ...others] = await publishOne({ change: 'dispatchFailed', dispatch, sequence: 2 });
    expect(event).toMatchObject({ 'detail-type': 'Dispatch Failed', detail: { status: 'pending', sequence: 2 } });
    expect(event?.detail.dispatch).toEqual({ attempts: 3, reason: 'Refused', lastStatus: 404 });
    expect(others).toEqual([]);
  });

  test('is Dispatch Failed, and then Task Failed if the task failed by it', async ({ publishOne }) => {
    const dispatch = {
      state: 'failed',
      attempts: 7,
      issue: 1,
      used: 7,
      reason: 'AttemptsUsed',
      lastStatus: 503,
    } as const;
    const events = await publishOne({ change: 'dispatchFailed', status: 'failed', dispatch, sequence: 3 });
    const shown = { attempts: 7, reason: 'AttemptsUsed', lastStatus: 503 };
    expect(events).toMatchObject([
      { 'detail-type': 'Dispatch Failed', detail: { status: 'failed', sequence: 2, dispatch: shown } },
      { 'detail-type': 'Task Failed', detail: { status: 'failed', sequence: 3, dispatch: shown } },
    ]);
    expect(events[0]?.detail.id).not.toBe(events[1]?.detail.id);
    expect(events[1]?.detail).not.toHaveProperty('failure');
  });

  test('has the time of the change', async ({ publishOne }) => {
    expect(await publishOne({ changedAt: at(NOW + 60) })).toMatchObject([{ detail: { at: at(NOW + 60) } }]);
  });
});

describe('a batch of the stream', () => {
  /** The service's answer, by its documentation, with these entries refused. */
  const refusing = (...refused: readonly string[]) => refusingWith('InternalFailure', ...refused);
  const refusingWith = (ErrorCode: string, ...refused: readonly string[]) => {
    const requests: string[][] = [];
    const client = {
      send: async ({ input }: { readonly input: PutEventsCommandInput }) => {
        const ids = (input.Entries ?? []).map(({ Detail = '{}' }) => JSON.parse(Detail).taskId as string);
        requests.push(ids);
        const Entries = ids.map((id) =>
          refused.includes(id) ? { ErrorCode, ErrorMessage: 'secret words' } : { EventId: randomUUID() },
        );
        return { FailedEntryCount: ids.filter((id) => refused.includes(id)).length, Entries };
      },
    };
    return { requests, client: client as unknown as Client };
  };
  const records = (count: number, overrides: Partial<TaskItem> = {}) =>
    Array.from({ length: count }, (_, i) => aRecord(`${i}`, anImage({ taskId: `task-${i}`, ...overrides })));

  test('goes out in its order, ten at a time', async ({ aPublishFunction }) => {
    const { client, requests } = refusing();
    expect(await aPublishFunction(client).handle({ Records: records(25) })).toEqual({ batchItemFailures: [] });
    expect(requests.map((ids) => ids.length)).toEqual([10, 10, 5]);
    expect(requests.flat()).toEqual(Array.from({ length: 25 }, (_, i) => `task-${i}`));
  });

  test('goes out in pieces that one request takes, however large its events are', async ({ aPublishFunction }) => {
    const { client, requests } = refusing();
    const metadata = JSON.stringify({ a: 'x'.repeat(60_000) });
    await aPublishFunction(client).handle({ Records: records(9, { metadata }) });
    expect(requests.map((ids) => ids.length)).toEqual([4, 4, 1]);
  });

  test('retries from the first event that was refused, and sends nothing after its request', async ({
    aPublishFunction,
  }) => {
    const { client, requests } = refusing('task-13', 'task-17');
    const { handle, lines } = aPublishFunction(client);
    expect(await handle({ Records: records(25) })).toEqual({ batchItemFailures: [{ itemIdentifier: '13' }] });
    expect(requests).toHaveLength(2);
    expect(lines).toMatchObject([
      { level: 'ERROR', sequenceNumber: '13', taskId: 'task-13', error: 'InternalFailure' },
      // Events that were accepted before it and are not sent again.
      { message: 'published', records: 25, 'Task Opened': 13 },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test.for([
    ['throttled', { kind: 'throttled', as: 'ThrottlingException' }],
    ['failing', { kind: 'error', status: 500 }],
    ['gone', { kind: 'reset' }],
  ] as const)(
    'C7 comes again from its beginning while the bus is %s',
    async ([_, fault], { aPublishFunction, kmsProxy }) => {
      kmsProxy.inject(() => fault);
      const { handle } = aPublishFunction();
      expect(await handle({ Records: records(3) })).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
    },
  );

  test('never has a task twice in one request, because only the earlier event could be refused', async ({
    aPublishFunction,
  }) => {
    const { client, requests } = refusing();
    const all = ['a', 'b', 'a', 'c', 'a', 'b'].map((taskId, i) => aRecord(`${i}`, anImage({ taskId, sequence: i })));
    await aPublishFunction(client).handle({ Records: all });
    expect(requests).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['a', 'b'],
    ]);
  });

  test.for([
    ['not a task', { taskId: { S: 'task-9' }, payload: { S: 'secret' } }],
    ['of an id that is none of ours', anImage({ taskId: 'secret\uffff', change: 'vanished' as never })],
    [
      'of a number too large for JSON',
      { ...anImage({ change: 'replayed', lastReplay: SOMEBODY }), replays: { N: `${2n ** 60n}` } },
    ],
    ['of an unknown change', anImage({ change: 'vanished' as never, resource: 'secret' })],
    ['of an unknown status', anImage({ status: 'secret' as never })],
    ['with broken metadata', anImage({ metadata: '{"secret":' })],
    ['at no time', anImage({ changedAt: 'secret' })],
    ['of no attribute type', { taskId: { X: 'secret' } }],
    ['not marshalled', { taskId: 'secret' }],
    ['empty', {}],
    ['null', null],
    ['a text', 'secret'],
  ] as const)(
    'sends a record that is %s to the dead-letter queue in its turn, without its content',
    async ([_, image], { aPublishFunction, letters }) => {
      const { client, requests } = refusing();
      const { handle, lines } = aPublishFunction(client);
      const Records = [...records(1), aRecord('77', image), aRecord('78', anImage({ taskId: 'after' }))];
      expect(await handle({ Records })).toEqual({ batchItemFailures: [] });
      expect(requests).toEqual([['task-0'], ['after']]);
      expect(letters()).toMatchObject([{ streamArn: STREAM, sequenceNumber: '77', reason: 'NotATask' }]);
      expect(lines.filter(({ level }) => level === 'ERROR')).toMatchObject(letters());
      expect(JSON.stringify([letters(), lines])).not.toContain('secret');
    },
  );

  test('sends an event that is too large to the dead-letter queue, and publishes one just below', async ({
    aPublishFunction,
    letters,
  }) => {
    const { client, requests } = refusing();
    const metadata = (size: number) => JSON.stringify({ secret: 'x'.repeat(size) });
    const Records = [
      aRecord('1', anImage({ taskId: 'large', metadata: metadata(1_040_000) })),
      aRecord('2', anImage({ taskId: 'too-large', sequence: 4, metadata: metadata(1_048_576) })),
      aRecord('3', anImage({ taskId: 'small' })),
    ];
    expect(await aPublishFunction(client).handle({ Records })).toEqual({ batchItemFailures: [] });
    expect(requests).toEqual([['large'], ['small']]);
    expect(letters()).toEqual([
      { taskId: 'too-large', sequence: 4, streamArn: STREAM, sequenceNumber: '2', reason: 'TooLarge' },
    ]);
  });

  test.for(['InvalidArgument', 'MalformedDetail', 'NotAuthorizedForDetailTypeException', 'RedactionFailure'])(
    'an event refused as %s goes to the dead-letter queue, and those after it are published',
    async (code, { aPublishFunction, letters }) => {
      const { client, requests } = refusingWith(code, 'task-3');
      const { handle, lines } = aPublishFunction(client);
      expect(await handle({ Records: records(12) })).toEqual({ batchItemFailures: [] });
      expect(requests.map((ids) => ids.length)).toEqual([10, 2]);
      expect(letters()).toMatchObject([{ taskId: 'task-3', sequenceNumber: '3', reason: code }]);
      expect(JSON.stringify([letters(), lines])).not.toContain('secret');
    },
  );

  test.for([
    'InternalFailure',
    'ThrottlingException',
    'AccessDeniedException',
    'InvalidAccountIdException',
    'NotAuthorizedForSourceException',
    'ResourceNotFoundException',
  ])(
    'an event refused as %s comes again: that passes, or would meet every event',
    async (code, { aPublishFunction, letters }) => {
      const { client } = refusingWith(code, 'task-3');
      expect(await aPublishFunction(client).handle({ Records: records(12) })).toEqual({
        batchItemFailures: [{ itemIdentifier: '3' }],
      });
      expect(letters()).toEqual([]);
    },
  );

  test('sends a refused request event by event, and only refused events to the dead-letter queue', async ({
    aPublishFunction,
    letters,
  }) => {
    const { client, requests } = refusing();
    const strict = {
      send: async (command: { readonly input: PutEventsCommandInput }) => {
        const isRefused = command.input.Entries?.some(({ Detail = '' }) => JSON.parse(Detail).taskId === 'task-1');
        if (isRefused) throw Object.assign(new Error('secret words'), { name: 'ValidationException' });
        return await (client as { send(command: unknown): Promise<unknown> }).send(command);
      },
    } as unknown as Client;
    const { handle, lines } = aPublishFunction(strict);
    expect(await handle({ Records: records(3) })).toEqual({ batchItemFailures: [] });
    expect(requests).toEqual([['task-0'], ['task-2']]);
    expect(letters()).toMatchObject([{ taskId: 'task-1', sequenceNumber: '1', reason: 'ValidationException' }]);
    expect(JSON.stringify([letters(), lines])).not.toContain('secret');
  });

  test.for([
    ['throttled', { kind: 'throttled', as: 'ThrottlingException' }],
    ['failing', { kind: 'error', status: 500 }],
    ['gone', { kind: 'reset' }],
  ] as const)(
    'C7 a record that can never be published comes again while its queue is %s',
    async ([_, fault], { aPublishFunction, letters, kmsProxy }) => {
      kmsProxy.inject(({ operation }) => (operation === 'SendMessage' ? fault : undefined));
      const { client, requests } = refusing();
      const { handle, lines } = aPublishFunction(client);
      const Records = [...records(1), aRecord('77', anImage({ change: 'vanished' as never })), aRecord('78')];
      expect(await handle({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: '77' }] });
      expect(requests).toEqual([['task-0']]);
      expect(lines).toMatchObject([
        { level: 'ERROR', sequenceNumber: '77', reason: 'NotATask' },
        { message: 'published', 'Task Opened': 1 },
      ]);
      kmsProxy.clear();
      expect(await handle({ Records: Records.slice(1) })).toEqual({ batchItemFailures: [] });
      expect(letters()).toHaveLength(1);
    },
  );

  test('does not send a record to the dead-letter queue while a record before it must be retried', async ({
    aPublishFunction,
    letters,
  }) => {
    const { client } = refusing('task-0');
    const Records = [...records(1), aRecord('77', anImage({ change: 'vanished' as never }))];
    expect(await aPublishFunction(client).handle({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: '0' }],
    });
    expect(letters()).toEqual([]);
  });

  test('ignores removals, and values that are not stream records', async ({ aPublishFunction }) => {
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
