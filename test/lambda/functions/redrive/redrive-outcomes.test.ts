import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect } from 'vitest';
import { createOutcomeQueue } from '../../../../lambda/functions/queue-outcomes/outcome-queue.ts';
import { createOutcomeQueuer } from '../../../../lambda/functions/queue-outcomes/queue-outcomes.ts';
import { createDynamoDBChanges } from '../../../../lambda/functions/redrive/dynamodb-changes.ts';
import { createLambdaFunctions } from '../../../../lambda/functions/redrive/functions.ts';
import { createRedo } from '../../../../lambda/functions/redrive/redo.ts';
import { createRedriver } from '../../../../lambda/functions/redrive/redrive.ts';
import { createSqsRemoval } from '../../../../lambda/functions/redrive/sqs-removal.ts';
import { fromQueue } from '../../../../lambda/functions/resume/from-queue.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { answerBatch, readRecords } from '../../../../lambda/shared/tables/stream-records.ts';
import { INVOKE_PREFIX, serveInvoke } from '../../../../local/stand-ins/lambda.ts';
import { openQueues } from '../../../support/dead-letters.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aResuming, aServiceError, closedAs, closedWith, storeWaited, TASK_TOKEN } from '../../../support/resuming.ts';

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:';
const FUNCTIONS = {
  publish: `${ARN}publish:live`,
  'queue-outcomes': `${ARN}queue-outcomes:live`,
  resume: `${ARN}resume:live`,
};
const FIFO = { FifoQueue: true, DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
const EMPTY = { visible: 0, hidden: 0 };
const KEPT = { visible: 1, hidden: 0 };

const test = base
  .extend('queues', ({ kms }, { onCleanup }) => {
    const queues = openQueues(kms, ['queue-outcomes', 'resume', 'expire', 'outcomes'], {
      resume: { FifoQueue: true },
      outcomes: FIFO,
    });
    onCleanup(queues.close);
    return queues;
  })
  .extend('streams', ({ store }, { onCleanup }) => {
    const streams = new DynamoDBStreamsClient({ ...LOCAL_CLIENT, endpoint: store.endpoint });
    onCleanup(() => streams.destroy());
    return streams;
  })
  .extend('resuming', ({ store }) => aResuming(store))
  /** The shard and position of the last change of a task. */
  .extend('positionOf', ({ store, streams }) => async (taskId: string) => {
    const { StreamDescription: description } = await streams.send(
      new DescribeStreamCommand({ StreamArn: store.streamArn }),
    );
    for (const { ShardId: shardId } of description?.Shards ?? []) {
      const start = {
        StreamArn: store.streamArn,
        ShardId: shardId,
        ShardIteratorType: 'TRIM_HORIZON',
      } as const;
      const { ShardIterator } = await streams.send(new GetShardIteratorCommand(start));
      const { Records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator }));
      const found = Records.findLast(({ dynamodb }) => dynamodb?.Keys?.taskId?.S === taskId);
      if (found !== undefined) return { shardId, sequenceNumber: found.dynamodb?.SequenceNumber };
    }
    throw new Error('No shard has the task.');
  })
  /** The function `redrive`, as its handler composes it, and the functions that it calls. */
  .extend('redrive', ({ kms, queues, resuming, store, streams }, { onCleanup }) => {
    const queueOutcomes = createOutcomeQueuer({
      queue: createOutcomeQueue(queues.client, String(queues.urls.outcomes)),
      logger: createLogger('test', 'queue-outcomes', () => {}),
    });
    const resume = fromQueue({ resume: resuming.work, drop: async () => true }, resuming.now);
    const events: (readonly [string, unknown])[] = [];
    const invoke = async (arn: string, event: unknown): Promise<unknown> => {
      events.push([arn, event]);
      return arn === FUNCTIONS.resume ? resume(event) : answerBatch(await queueOutcomes(readRecords(event)));
    };
    kms.standIns.route(
      INVOKE_PREFIX,
      serveInvoke(invoke, () => false),
    );
    const lambda = new LambdaClient({ ...LOCAL_CLIENT, endpoint: kms.endpoint, maxAttempts: 1 });
    onCleanup(() => lambda.destroy());
    const lines: Record<string, unknown>[] = [];
    const changes = createDynamoDBChanges({ client: store.client, streams, tasksTable: store.tasksTable });
    const run = createRedriver({
      queues: queues.queues,
      redo: createRedo(changes, createLambdaFunctions(lambda, FUNCTIONS)),
      remove: createSqsRemoval(queues.client, queues.urls),
      logger: createLogger('test', 'redrive', (line) => lines.push(JSON.parse(line))),
      wait: async () => {},
    });
    return { run: (queue: string) => run({ queue }, () => 900_000), lines, events };
  });

describe('an outcome that resume gave up', () => {
  test('is told if the task still waits, and its letter is deleted', async ({ queues, redrive, resuming, store }) => {
    const { sequence, taskId } = await storeWaited(store, closedWith('succeeded', '{"total":1}'));
    await queues.send('resume', { taskId, sequence });
    await redrive.run('resume');
    expect(resuming.calls.map(({ action, token }) => [action, token])).toEqual([['succeed', TASK_TOKEN]]);
    expect((await resuming.read({ taskId })).resume).toMatchObject({ state: 'delivered' });
    expect(queues.lettersOf('resume')).toEqual(EMPTY);
    expect(redrive.lines[0]).toMatchObject({ message: 'dead letter redriven', queue: 'resume', taskId });
    // Nothing of the task goes through Lambda but its id.
    expect(redrive.events).toEqual([
      [FUNCTIONS.resume, { Records: [{ messageId: expect.any(String), body: JSON.stringify({ taskId, sequence }) }] }],
    ]);
  });

  test('stays if it fails again, without another letter or a wait of its own', async ({
    queues,
    redrive,
    resuming,
    store,
  }) => {
    const { sequence, taskId } = await storeWaited(store, closedAs('cancelled'));
    await queues.send('resume', { taskId, sequence });
    resuming.answer(aServiceError('ThrottlingException'));
    await redrive.run('resume');
    expect((await resuming.read({ taskId })).resume).toMatchObject({ state: 'pending' });
    expect(queues.lettersOf('resume')).toEqual(KEPT);
    expect([resuming.delays, resuming.letters]).toEqual([[], []]);
    expect(redrive.lines[0]).toMatchObject({
      message: 'dead letter not redriven',
      taskId,
      reason: 'resume could not process it; its log has the error',
    });
  });

  test('of a task that was refused has nothing to do, and its letter is deleted', async ({
    queues,
    redrive,
    resuming,
    store,
  }) => {
    const { sequence, taskId } = await storeWaited(store, {
      ...closedAs('expired'),
      resume: { kind: 'stepFunctions', state: 'refused', reason: 'GaveUp' },
    });
    await queues.send('resume', { taskId, sequence });
    await redrive.run('resume');
    expect(resuming.calls).toEqual([]);
    expect(queues.lettersOf('resume')).toEqual(EMPTY);
  });

  test('does not wait for a letter of another task that stays', async ({ queues, redrive, resuming, store }) => {
    const tasks = await Promise.all([storeWaited(store, closedAs('expired')), storeWaited(store, closedAs('expired'))]);
    for (const { sequence, taskId } of tasks) await queues.send('resume', { taskId, sequence });
    resuming.answer(aServiceError('ThrottlingException'));
    await redrive.run('resume');
    expect(redrive.lines.at(-1)).toMatchObject({ done: 1, failed: 1, complete: true });
    expect(queues.lettersOf('resume')).toEqual(KEPT);
  });

  test('is not taken from an event in a letter, nor from another queue', async ({
    queues,
    redrive,
    resuming,
    store,
  }) => {
    const { sequence, taskId } = await storeWaited(store, closedAs('expired'));
    await queues.send('resume', { Records: [{ messageId: 'm', body: JSON.stringify({ taskId, sequence }) }] });
    await queues.send('expire', { taskId, sequence });
    await redrive.run('resume');
    await redrive.run('expire');
    expect([redrive.events, resuming.calls]).toEqual([[], []]);
    expect([queues.lettersOf('resume'), queues.lettersOf('expire')]).toEqual([KEPT, KEPT]);
    expect(redrive.lines[0]).toMatchObject({ reason: 'the dead letter names no outcome of a task' });
    expect(redrive.lines[2]).toMatchObject({
      reason: 'the dead letter is an outcome, which this function does not read',
    });
  });
});

describe('a batch that queue-outcomes did not queue', () => {
  const aBatchLetter = (
    streamArn: string,
    { sequenceNumber, shardId }: { readonly sequenceNumber: unknown; readonly shardId: unknown },
  ) => ({
    requestContext: { condition: 'RecordAgeExceeded' },
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: sequenceNumber,
      endSequenceNumber: sequenceNumber,
      batchSize: 1,
      streamArn,
    },
  });

  test('R2 is read from the stream and queued, without bytes and token', async ({
    positionOf,
    queues,
    redrive,
    store,
  }) => {
    const { sequence, taskId } = await storeWaited(store, closedWith('succeeded', '"SECRET"'));
    await queues.send('queue-outcomes', aBatchLetter(store.streamArn, await positionOf(taskId)));
    await redrive.run('queue-outcomes');
    expect(queues.lettersOf('queue-outcomes')).toEqual(EMPTY);
    const { Messages: messages = [] } = await queues.client.send(
      new ReceiveMessageCommand({ QueueUrl: queues.urls.outcomes }),
    );
    expect(messages.map(({ Body }) => JSON.parse(String(Body)))).toEqual([{ taskId, sequence }]);
    const [[arn, event] = []] = redrive.events;
    expect(arn).toBe(FUNCTIONS['queue-outcomes']);
    expect(JSON.stringify(event)).toContain('"pending"');
    expect(JSON.stringify(event)).not.toMatch(/resumeToken|payload"/);
  });

  test('stays if an event is in its place', async ({ queues, redrive }) => {
    await queues.send('queue-outcomes', { Records: [] });
    await redrive.run('queue-outcomes');
    expect(redrive.events).toEqual([]);
    expect(queues.lettersOf('queue-outcomes')).toEqual(KEPT);
    expect(redrive.lines[0]).toMatchObject({ reason: 'the dead letter names no change of a stream' });
  });
});
