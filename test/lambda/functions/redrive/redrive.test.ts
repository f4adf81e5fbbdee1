import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect } from 'vitest';
import { createDeadLetterQueue, KEPT_LETTER } from '../../../../lambda/functions/publish/dead-letter-queue.ts';
import { createEventBus } from '../../../../lambda/functions/publish/event-bus.ts';
import { createPublisher } from '../../../../lambda/functions/publish/publish-records.ts';
import { fromStream } from '../../../../lambda/functions/publish/stream.ts';
import { createDynamoDBChanges } from '../../../../lambda/functions/redrive/dynamodb-changes.ts';
import { createLambdaFunctions } from '../../../../lambda/functions/redrive/functions.ts';
import { createRedo } from '../../../../lambda/functions/redrive/redo.ts';
import { createRedriver } from '../../../../lambda/functions/redrive/redrive.ts';
import { createSqsRemoval } from '../../../../lambda/functions/redrive/sqs-removal.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { toLambdaRecord } from '../../../../local/dynamodb/stream-record.ts';
import { FunctionError } from '../../../../local/functions/function-error.ts';
import { INVOKE_PREFIX, serveInvoke } from '../../../../local/stand-ins/lambda.ts';
import { aFailedCall, anArrival, openQueues } from '../../../support/dead-letters.ts';
import { LOCAL_CLIENT, type TestStore } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { putTask } from '../../../support/receiver.ts';
import { ORIGIN } from '../../../support/tokens.ts';

const BUS = 'postern-test';
const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:';
const FUNCTIONS = {
  publish: `${ARN}publish:live`,
  'complete-upload': `${ARN}complete-upload:live`,
  'revoke-callbacks': `${ARN}revoke-callbacks:live`,
};
const MINUTES_LEFT = () => 900_000;

const test = base
  .extend('queues', ({ kms }, { onCleanup }) => {
    const queues = openQueues(kms, Object.keys(FUNCTIONS));
    onCleanup(queues.close);
    return queues;
  })
  .extend('streams', ({ store }, { onCleanup }) => {
    const streams = new DynamoDBStreamsClient({ ...LOCAL_CLIENT, endpoint: store.endpoint });
    onCleanup(() => streams.destroy());
    return streams;
  })
  /** The function `publish`, as its handler composes it. */
  .extend('publish', ({ kms, queues }, { onCleanup }) => {
    kms.standIns.buses.add(BUS);
    rmSync(kms.faultsClearedFile, { force: true });
    const client = new EventBridgeClient({ ...LOCAL_CLIENT, endpoint: kms.endpoint, maxAttempts: 1 });
    onCleanup(() => client.destroy());
    const shared = {
      origin: ORIGIN,
      bus: createEventBus(client, BUS),
      logger: createLogger('test', 'publish', () => {}),
    };
    const deadLetters = createDeadLetterQueue(queues.client, String(queues.urls.publish));
    return fromStream(
      createPublisher({ ...shared, deadLetters }),
      createPublisher({ ...shared, deadLetters: KEPT_LETTER }),
    );
  })
  /** Changes of a task, as its stream's mapping passes them. */
  .extend('recordsOf', ({ store, streams }) => async (taskId: string) => {
    const { StreamDescription: description } = await streams.send(
      new DescribeStreamCommand({ StreamArn: store.streamArn }),
    );
    const records: DynamoDBRecord[] = [];
    for (const { ShardId } of description?.Shards ?? []) {
      const start = { StreamArn: store.streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
      const { ShardIterator } = await streams.send(new GetShardIteratorCommand(start));
      const { Records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator }));
      records.push(...Records.map((record) => toLambdaRecord(record, store.streamArn, 'eu-west-1')));
    }
    return records.filter(({ dynamodb }) => dynamodb?.Keys?.taskId?.S === taskId);
  })
  /** The shard with a record. */
  .extend('shardOf', ({ store, streams }) => async (sequenceNumber: string) => {
    const { StreamDescription: description } = await streams.send(
      new DescribeStreamCommand({ StreamArn: store.streamArn }),
    );
    for (const { ShardId } of description?.Shards ?? []) {
      const start = { StreamArn: store.streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
      const { ShardIterator } = await streams.send(new GetShardIteratorCommand(start));
      const { Records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator }));
      if (Records.some(({ dynamodb }) => dynamodb?.SequenceNumber === sequenceNumber)) return String(ShardId);
    }
    throw new Error('No shard has the record.');
  })
  /** A task whose change became a dead letter. */
  .extend('aDeadLetter', ({ key, publish, recordsOf, store }) => async (taskId: string, more: object = {}) => {
    const faulty = { taskId, metadata: '{"localFault":"publish"}', ...more };
    await putTask(store, key, faulty);
    expect(await publish({ Records: await recordsOf(taskId) })).toEqual({ batchItemFailures: [] });
  })
  .extend(
    'clearFaults',
    ({ kms }) =>
      () =>
        writeFileSync(kms.faultsClearedFile, ''),
  )
  /** Events on the bus, of one task. */
  .extend(
    'eventsOf',
    ({ kms }) =>
      (taskId: string) =>
        (existsSync(kms.eventsFile) ? readFileSync(kms.eventsFile, 'utf8') : '')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line).detail as Record<string, unknown>)
          .filter((detail) => detail.taskId === taskId),
  )
  /** The function `redrive`, as its handler composes it, with the stand-ins of Lambda, SQS and DynamoDB. */
  .extend('redrive', ({ kms, publish, queues, store, streams }, { onCleanup }) => {
    const events: unknown[] = [];
    const enqueued: [string, unknown][] = [];
    let failure: Error | undefined;
    const invoke = async (arn: string, event: unknown): Promise<unknown> => {
      if (arn === FUNCTIONS.publish) return publish(event);
      events.push(event);
      if (failure !== undefined) throw failure;
      return null;
    };
    kms.standIns.route(
      INVOKE_PREFIX,
      serveInvoke(invoke, (arn, event) => enqueued.push([arn, event]) > 0),
    );
    const lambda = new LambdaClient({ ...LOCAL_CLIENT, endpoint: kms.endpoint, maxAttempts: 1 });
    onCleanup(() => lambda.destroy());
    const lines: Record<string, unknown>[] = [];
    const waits: number[] = [];
    const changes = createDynamoDBChanges({ client: store.client, streams, tasksTable: store.tasksTable });
    let release = async (): Promise<void> => {};
    const run = createRedriver({
      queues: {
        ...queues.queues,
        receive: async (queue, request) => {
          const letters = await queues.queues.receive(queue, request);
          if (letters.length === 0) await release();
          return letters;
        },
      },
      redo: createRedo(changes, createLambdaFunctions(lambda, FUNCTIONS)),
      remove: createSqsRemoval(queues.client, queues.urls),
      logger: createLogger('test', 'redrive', (line) => lines.push(JSON.parse(line))),
      wait: async (milliseconds) => {
        waits.push(milliseconds);
      },
    });
    return {
      run: (queue: string, id?: string, remaining = MINUTES_LEFT) =>
        run({ queue, ...(id !== undefined && { id }) }, remaining),
      /** Events of the function `complete-upload`. */
      events,
      /** Events that no caller waits for, with the ARN of the function. */
      enqueued,
      failWith: (error: Error | undefined) => {
        failure = error;
      },
      /** Another reader hides the letters of a queue, until `run` has received nothing. */
      hideOneReceive: async (queue: string) => {
        const hidden = await queues.queues.receive(queue, { limit: 10, hiddenSeconds: 900, isPatient: false });
        release = () => queues.queues.release(queue, hidden);
      },
      lines,
      waits,
    };
  });

const EMPTY = { visible: 0, hidden: 0 };
const TASK = 'BBBBBBBBBBBBBBBBBBBBBB';
const aTaskId = () => `task-${randomUUID()}`;
/** A position that no stream of these tests has. */
const TRIMMED = '000000000000000000001';

describe('a change that publish gave up', () => {
  test('is read from the stream and published, and its letter is deleted', async ({
    aDeadLetter,
    clearFaults,
    eventsOf,
    queues,
    redrive,
  }) => {
    const taskId = aTaskId();
    await aDeadLetter(taskId);
    expect(queues.lettersOf('publish')).toEqual({ visible: 1, hidden: 0 });

    clearFaults();
    await redrive.run('publish');

    expect(eventsOf(taskId)).toEqual([expect.objectContaining({ taskId, id: `${taskId}-1`, sequence: 1 })]);
    expect(queues.lettersOf('publish')).toEqual(EMPTY);
    expect(redrive.lines).toEqual([
      expect.objectContaining({ message: 'dead letter redriven', queue: 'publish', id: expect.any(String), taskId }),
      expect.objectContaining({ message: 'redrive', queue: 'publish', done: 1, failed: 0, complete: true }),
    ]);
  });

  test('is found also if a list of dead letters hides it for the time of one receive', async ({
    aDeadLetter,
    clearFaults,
    eventsOf,
    queues,
    redrive,
  }) => {
    const taskId = aTaskId();
    await aDeadLetter(taskId);
    clearFaults();
    await redrive.hideOneReceive('publish');
    await redrive.run('publish');
    expect(eventsOf(taskId)).toHaveLength(1);
    expect(queues.lettersOf('publish')).toEqual(EMPTY);
  });

  test('is published as it was, also if the task has changed since', async ({
    aDeadLetter,
    clearFaults,
    eventsOf,
    redrive,
    store,
  }) => {
    const taskId = aTaskId();
    await aDeadLetter(taskId);
    await touch(store, taskId);
    clearFaults();
    await redrive.run('publish');
    expect(eventsOf(taskId)).toEqual([expect.objectContaining({ sequence: 1, status: 'pending' })]);
  });

  test('stays if it can still not be published, and makes no second letter', async ({
    aDeadLetter,
    eventsOf,
    queues,
    redrive,
  }) => {
    const taskId = aTaskId();
    await aDeadLetter(taskId);
    await redrive.run('publish');
    expect(eventsOf(taskId)).toEqual([]);
    expect(queues.lettersOf('publish')).toEqual({ visible: 1, hidden: 0 });
    expect(redrive.lines[0]).toMatchObject({
      level: 'ERROR',
      message: 'dead letter not redriven',
      taskId,
      reason: 'publish could not process it; its log has the error',
    });
    expect(redrive.lines[1]).toMatchObject({ done: 0, failed: 1 });
  });

  test('that the stream has no more is read from the table, if it is the last one of its task', async ({
    eventsOf,
    key,
    queues,
    redrive,
    store,
  }) => {
    const taskId = aTaskId();
    await putTask(store, key, { taskId });
    await queues.send('publish', {
      taskId,
      sequence: 1,
      sequenceNumber: TRIMMED,
      streamArn: store.streamArn,
      reason: 'r',
    });
    await redrive.run('publish');
    expect(eventsOf(taskId)).toEqual([expect.objectContaining({ sequence: 1 })]);
    expect(queues.lettersOf('publish')).toEqual(EMPTY);
  });

  test.for([
    ['the task has changed since', 2, 'the stream does not have the records any more, and the task has changed since'],
    ['the task is gone', 1, 'the stream does not have the records any more, and the task does not exist any more'],
    ['its sequence is unknown', undefined, 'the stream does not have the records any more'],
  ] as const)(
    'that the stream has no more stays if %s',
    async ([why, sequence, reason], { eventsOf, key, queues, redrive, store }) => {
      const taskId = aTaskId();
      await putTask(store, key, { taskId, sequence: 3 });
      if (why === 'the task is gone') {
        await store.client.send(new DeleteItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: taskId } } }));
      }
      await queues.send('publish', {
        taskId,
        sequence,
        sequenceNumber: TRIMMED,
        streamArn: store.streamArn,
        reason: 'r',
      });
      await redrive.run('publish');
      expect(eventsOf(taskId)).toEqual([]);
      expect(queues.lettersOf('publish')).toEqual({ visible: 1, hidden: 0 });
      expect(redrive.lines[0]).toMatchObject({ taskId, reason });
    },
  );

  test('of a stream that does not exist any more is read from the table', async ({
    eventsOf,
    key,
    queues,
    redrive,
    store,
  }) => {
    const taskId = aTaskId();
    await putTask(store, key, { taskId });
    const streamArn = store.streamArn.replace(/stream\/.*/, 'stream/2020-01-01T00:00:00.000');
    await queues.send('publish', { taskId, sequence: 1, sequenceNumber: '100', streamArn, reason: 'r' });
    await redrive.run('publish');
    expect(eventsOf(taskId)).toHaveLength(1);
  });

  test('carries no payload to publish', async ({ aDeadLetter, clearFaults, redrive, kms }) => {
    const taskId = aTaskId();
    const entry = {
      id: 'q',
      capability: 'result',
      jti: 'j',
      payload: Buffer.from('SECRET'),
      contentType: 'text/plain',
    };
    await aDeadLetter(taskId, {
      payload: Buffer.from('SECRET'),
      quarantine: { q: entry },
      'kept#q': Buffer.from('SECRET'),
    });
    clearFaults();
    const seen: string[] = [];
    kms.standIns.route(
      INVOKE_PREFIX,
      serveInvoke(async (_, event) => {
        seen.push(JSON.stringify(event));
        return { batchItemFailures: [] };
      }),
    );
    await redrive.run('publish');
    expect(seen).toEqual([expect.stringContaining(taskId)]);
    for (const text of ['SECRET', Buffer.from('SECRET').toString('base64'), 'payload', 'quarantine', 'kept#q']) {
      expect(seen[0]).not.toContain(`"${text}"`);
    }
  });
});

describe('records that the mapping of the stream gave up', () => {
  const aPosition = (streamArn: string, shardId: string, first: unknown, last: unknown) => ({
    requestContext: { condition: 'RecordAgeExceeded' },
    DDBStreamBatchInfo: { shardId, startSequenceNumber: first, endSequenceNumber: last, batchSize: 2, streamArn },
  });

  test('are read from the stream and published, and no other records', async ({
    eventsOf,
    key,
    queues,
    recordsOf,
    redrive,
    shardOf,
    store,
  }) => {
    const taskId = aTaskId();
    await putTask(store, key, { taskId });
    for (let i = 0; i < 3; i += 1) await touch(store, taskId);
    const [, second, third] = (await recordsOf(taskId)).map(({ dynamodb }) => dynamodb?.SequenceNumber);
    const shardId = await shardOf(String(second));
    await queues.send('publish', aPosition(store.streamArn, shardId, second, third));
    await redrive.run('publish');
    expect(eventsOf(taskId).map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(queues.lettersOf('publish')).toEqual(EMPTY);
  });

  test('stay if the stream has them no more', async ({ queues, redrive, store }) => {
    await queues.send('publish', aPosition(store.streamArn, 'shardId-00000000000000000000-00000000', TRIMMED, TRIMMED));
    await redrive.run('publish');
    expect(queues.lettersOf('publish')).toEqual({ visible: 1, hidden: 0 });
    expect(redrive.lines[0]).toMatchObject({ reason: 'the stream does not have the records any more' });
  });
});

describe('an event that a function could not process', () => {
  test('goes to the function again', async ({ queues, redrive }) => {
    await queues.send('complete-upload', aFailedCall(anArrival(TASK)));
    await queues.send('complete-upload', anArrival(TASK));
    await redrive.run('complete-upload');
    expect(redrive.events).toEqual([anArrival(TASK), anArrival(TASK)]);
    expect(queues.lettersOf('complete-upload')).toEqual(EMPTY);
  });

  test('stays if the function fails again, and the log names the error without its text', async ({
    queues,
    redrive,
  }) => {
    await queues.send('complete-upload', aFailedCall(anArrival(TASK)));
    const payload = { errorType: 'TypeError', errorMessage: 'the payload SECRET', trace: ['TypeError: SECRET'] };
    redrive.failWith(new FunctionError('error', 'TypeError', payload));
    await redrive.run('complete-upload');
    expect(queues.lettersOf('complete-upload')).toEqual({ visible: 1, hidden: 0 });
    expect(redrive.lines[0]).toMatchObject({ taskId: TASK, reason: 'complete-upload: TypeError' });
    expect(JSON.stringify(redrive.lines)).not.toContain('SECRET');
  });

  test('goes to a long-running function without waiting for it', async ({ queues, redrive }) => {
    await queues.send('revoke-callbacks', aFailedCall({ jobId: 'job-1' }));
    await redrive.run('revoke-callbacks');
    expect(redrive.enqueued).toEqual([[FUNCTIONS['revoke-callbacks'], { jobId: 'job-1' }]]);
    expect(queues.lettersOf('revoke-callbacks')).toEqual(EMPTY);
  });

  test('is never passed to publish, which would publish what the sender of the letter wrote', async ({
    eventsOf,
    key,
    queues,
    recordsOf,
    redrive,
    store,
  }) => {
    const taskId = aTaskId();
    await putTask(store, key, { taskId });
    const event = { Records: await recordsOf(taskId) };
    await queues.send('publish', event);
    await queues.send('publish', aFailedCall(event));
    await redrive.run('publish');
    expect(eventsOf(taskId)).toEqual([]);
    expect(queues.lettersOf('publish')).toEqual({ visible: 2, hidden: 0 });
    expect(redrive.lines[0]).toMatchObject({ reason: 'the dead letter names no change of a stream' });
  });

  test('stays if it is not readable', async ({ queues, redrive }) => {
    await queues.send('complete-upload', 'no JSON');
    await redrive.run('complete-upload');
    expect(queues.lettersOf('complete-upload')).toEqual({ visible: 1, hidden: 0 });
    expect(redrive.lines[0]).toMatchObject({ reason: 'the dead letter is not readable' });
  });
});

describe('a run', () => {
  test('processes every letter once, at most ten a second', async ({ queues, redrive }) => {
    redrive.failWith(new FunctionError('error', 'TypeError', { errorType: 'TypeError', errorMessage: 'fails' }));
    for (let i = 0; i < 3; i += 1) await queues.send('complete-upload', anArrival(TASK));
    await redrive.run('complete-upload');
    expect(redrive.events).toHaveLength(3);
    expect(redrive.waits).toEqual([100, 100, 100]);
    expect(redrive.lines.at(-1)).toMatchObject({ done: 0, failed: 3, complete: true });
    expect(queues.lettersOf('complete-upload')).toEqual({ visible: 3, hidden: 0 });
  });

  test('of one letter leaves the others', async ({ queues, redrive }) => {
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) ids.push(await queues.send('complete-upload', { number: i }));
    await redrive.run('complete-upload', ids[11]);
    expect(redrive.events).toEqual([{ number: 11 }]);
    expect(queues.lettersOf('complete-upload')).toEqual({ visible: 11, hidden: 0 });
  });

  test('of a letter that is gone does nothing', async ({ queues, redrive }) => {
    await queues.send('complete-upload', { number: 0 });
    await redrive.run('complete-upload', randomUUID());
    expect(redrive.events).toEqual([]);
    expect(queues.lettersOf('complete-upload')).toEqual({ visible: 1, hidden: 0 });
  });

  test('begins no attempt with 70 seconds left, and says that it is not complete', async ({ queues, redrive }) => {
    for (let i = 0; i < 3; i += 1) await queues.send('complete-upload', { number: i });
    await redrive.run('complete-upload', undefined, () => (redrive.events.length < 2 ? 70_001 : 70_000));
    expect(redrive.events).toHaveLength(2);
    expect(redrive.lines.at(-1)).toMatchObject({ done: 2, complete: false });
    expect(queues.lettersOf('complete-upload')).toEqual({ visible: 1, hidden: 0 });
  });
});

/** A change that is published. */
const touch = (store: TestStore, taskId: string) =>
  store.client.send(
    new UpdateItemCommand({
      TableName: store.tasksTable,
      Key: { taskId: { S: taskId } },
      UpdateExpression: 'SET #change = :change ADD #sequence :one',
      ExpressionAttributeNames: { '#change': 'change', '#sequence': 'sequence' },
      ExpressionAttributeValues: { ':change': { S: 'progressed' }, ':one': { N: '1' } },
    }),
  );
