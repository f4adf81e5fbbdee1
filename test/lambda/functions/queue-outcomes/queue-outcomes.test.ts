import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { OutcomeMessage } from '../../../../lambda/contract/resume.ts';
import { TASK_CHANGES, type TaskItem } from '../../../../lambda/contract/task.ts';
import { createOutcomeQueue, type OutcomeQueue } from '../../../../lambda/functions/queue-outcomes/outcome-queue.ts';
import { createOutcomeQueuer } from '../../../../lambda/functions/queue-outcomes/queue-outcomes.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { answerBatch, readRecords } from '../../../../lambda/shared/tables/stream-records.ts';
import { test as base, type Queues } from '../../../support/sqs.ts';
import { aStoredTask } from '../../../support/stored-task.ts';

const SECRETS = { payload: Buffer.from('a payload'), resumeToken: Buffer.from('a ciphertext'), resource: 'a-resource' };

/** A record of the stream of tasks. */
const aRecord = (sequenceNumber: number, overrides: Partial<TaskItem> | Record<string, unknown> = {}) => ({
  eventName: 'MODIFY',
  eventSource: 'aws:dynamodb',
  eventSourceARN: 'arn:aws:dynamodb:eu-west-1:000000000000:table/Tasks/stream/2026-01-01T00:00:00.000',
  dynamodb: {
    SequenceNumber: `${sequenceNumber}`,
    StreamViewType: 'NEW_IMAGE',
    NewImage: marshall(
      {
        ...aStoredTask({ taskId: 'a', sequence: 2, change: 'succeeded', status: 'succeeded' }),
        resume: { kind: 'stepFunctions', state: 'pending' },
        ...SECRETS,
        ...overrides,
      },
      { removeUndefinedValues: true },
    ),
  },
});

const change = (sequenceNumber: number, taskId: string, sequence: number) =>
  aRecord(sequenceNumber, { taskId, sequence });

/** The function as its handler composes it. */
const aFunction = (queue: OutcomeQueue) => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('test', 'queue-outcomes', (line) => lines.push(JSON.parse(line)));
  const queueOutcomes = createOutcomeQueuer({ queue, logger });
  return {
    lines,
    /** Returns the sequence number from which Lambda retries. */
    handle: async (...Records: readonly unknown[]) =>
      answerBatch(await queueOutcomes(readRecords({ Records }))).batchItemFailures[0]?.itemIdentifier,
  };
};

/** A queue that notes the messages of each request. @param errorOf error of a message */
const aQueue = (errorOf: (message: OutcomeMessage) => string | undefined = () => undefined) => {
  const requests: string[][] = [];
  const queue: OutcomeQueue = {
    send: async (messages) => {
      requests.push(messages.map(({ sequence, taskId }) => `${taskId}${sequence}`));
      return messages.map(errorOf);
    },
  };
  return { ...aFunction(queue), requests };
};

const test = base
  .extend('queues', (): Queues => ({ Outcomes: { FifoQueue: true } }))
  .extend('wire', ({ sqs }) => aFunction(createOutcomeQueue(sqs.client, sqs.QueueUrl)))
  /** Messages of the queue as `resume` receives them, by their groups. */
  .extend('messages', ({ sqs }) => async (): Promise<Readonly<Record<string, readonly string[]>>> => {
    const received = (await sqs.receive({ MessageSystemAttributeNames: ['All'] })) ?? [];
    const groups: Record<string, string[]> = {};
    for (const { Attributes, Body } of received) {
      const { MessageDeduplicationId: id, MessageGroupId: group = '' } = Attributes ?? {};
      groups[group] = [...(groups[group] ?? []), `${id} ${Body}`];
    }
    return groups;
  });

describe('outcomes of tasks', () => {
  test('are messages with task id and sequence alone, in a group of the task', async ({ messages, wire }) => {
    expect(await wire.handle(change(1, 'a', 2), change(2, 'b', 7), change(3, 'a', 3))).toBeUndefined();
    expect(await messages()).toEqual({
      a: ['a-2 {"taskId":"a","sequence":2}', 'a-3 {"taskId":"a","sequence":3}'],
      b: ['b-7 {"taskId":"b","sequence":7}'],
    });
    expect(wire.lines).toEqual([
      expect.objectContaining({ level: 'INFO', message: 'outcomes queued', records: 3, outcomes: 3 }),
    ]);
    expect(JSON.stringify(wire.lines)).not.toMatch(/a-resource|payload|ciphertext/i);
  });

  test('are the same messages if the stream repeats them', async ({ messages, wire }) => {
    await wire.handle(change(1, 'a', 2));
    await wire.handle(change(1, 'a', 2), change(2, 'a', 3));
    expect(await messages()).toEqual({ a: [expect.stringContaining('a-2'), expect.stringContaining('a-3')] });
  });

  test('are retried from the first one while the queue is unavailable', async ({ sqs, wire }) => {
    sqs.client.middlewareStack.add(
      () => () => Promise.reject(Object.assign(new Error('a'), { name: 'RequestThrottled' })),
      {
        step: 'finalizeRequest',
      },
    );
    expect(await wire.handle(change(1, 'a', 2), change(2, 'b', 2))).toBe('1');
    expect(wire.lines).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        sequenceNumber: '1',
        taskId: 'a',
        sequence: 2,
        error: 'RequestThrottled',
      }),
    ]);
  });
});

describe('a request to the queue', () => {
  test('has at most 10 messages', async () => {
    const { handle, requests } = aQueue();
    await handle(...Array.from({ length: 21 }, (_, i) => change(i, `task-${i}`, 2)));
    expect(requests.map(({ length }) => length)).toEqual([10, 10, 1]);
  });

  test('never has two messages of one task, so that none overtakes another', async () => {
    const { handle, requests } = aQueue();
    await handle(change(1, 'a', 2), change(2, 'b', 2), change(3, 'a', 3), change(4, 'a', 4), change(5, 'b', 3));
    expect(requests).toEqual([['a2', 'b2'], ['a3'], ['a4', 'b3']]);
  });

  test('that the queue takes in part is retried from the first message that it refused', async () => {
    const { handle, lines, requests } = aQueue(({ taskId }) => (taskId < 'c' ? undefined : 'InternalError'));
    const records = [change(1, 'a', 2), change(2, 'd', 2), change(3, 'c', 2), change(4, 'b', 2), change(5, 'a', 3)];
    expect(await handle(...records)).toBe('2');
    // The later outcome of the task waits, although the queue took the earlier one.
    expect(requests).toEqual([['a2', 'd2', 'c2', 'b2']]);
    expect(lines).toEqual([expect.objectContaining({ level: 'ERROR', taskId: 'd', error: 'InternalError' })]);
  });

  test('reads the answers by their ids, and takes a message without an answer as refused', async () => {
    const answers = {
      Successful: [{ Id: '2', MessageId: 'm', MD5OfMessageBody: 'x' }],
      Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }],
    };
    const queue = createOutcomeQueue({ send: async () => answers } as never, 'https://queue.example.com');
    const messages = ['a', 'b', 'c'].map((taskId) => ({ taskId, sequence: 2 }));
    expect(await queue.send(messages)).toEqual(['InternalError', 'NoMessageId', undefined]);
  });
});

describe('a change', () => {
  const QUEUED = ['succeeded', 'failed', 'expired', 'cancelled', 'progressed', 'dispatchFailed'];

  test.for(TASK_CHANGES)('%s is queued only if it is an outcome or progress', async (kind) => {
    const { handle, requests } = aQueue();
    expect(await handle(aRecord(1, { change: kind }))).toBeUndefined();
    expect(requests).toHaveLength(QUEUED.includes(kind) ? 1 : 0);
  });

  test.for<readonly [string, Record<string, unknown>]>([
    ['of a task without a workflow', { resume: undefined }],
    ['of a pending task whose work could not be sent', { change: 'dispatchFailed', status: 'pending' }],
    ['of a task whose workflow was told', { resume: { kind: 'stepFunctions', state: 'delivered' } }],
    ['of a task whose workflow was refused', { resume: { kind: 'stepFunctions', state: 'refused' } }],
  ])('%s is not queued', async ([, overrides]) => {
    const { handle, lines, requests } = aQueue();
    expect(await handle(aRecord(1, overrides))).toBeUndefined();
    expect(requests).toEqual([]);
    expect(lines).toEqual([]);
  });

  test.for<readonly [string, Record<string, unknown>]>([
    ['without a task id', { taskId: undefined }],
    ['whose task id cannot be one', { taskId: 'a/b' }],
    ['without a sequence', { sequence: undefined }],
    ['whose sequence is no whole number', { sequence: 1.5 }],
  ])('%s is logged and holds nothing up', async ([, overrides]) => {
    const { handle, lines, requests } = aQueue();
    expect(await handle(aRecord(1, overrides), change(2, 'b', 2))).toBeUndefined();
    expect(requests).toEqual([['b2']]);
    expect(lines[0]).toMatchObject({ level: 'ERROR', sequenceNumber: '1' });
    expect(JSON.stringify(lines)).not.toMatch(/a-resource|payload|ciphertext/i);
  });

  test('that is a removal, or no record of a stream, is ignored', async () => {
    const { handle, requests } = aQueue();
    const removal = { ...aRecord(1), eventName: 'REMOVE' };
    expect(await handle(removal, null, {}, { eventName: 'MODIFY' })).toBeUndefined();
    expect(requests).toEqual([]);
  });
});
