import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { DispatchMessage } from '../../../../lambda/contract/dispatch.ts';
import { inputKey } from '../../../../lambda/contract/tables.ts';
import { TASK_CHANGES, type TaskItem } from '../../../../lambda/contract/task.ts';
import { createDynamoDBInputStore, type InputStore } from '../../../../lambda/functions/queue-outcomes/input-store.ts';
import { createDispatchQueuer } from '../../../../lambda/functions/queue-outcomes/queue-dispatches.ts';
import type { DispatchQueues } from '../../../../lambda/shared/dispatch/dispatch-queues.ts';
import { createDispatchQueues } from '../../../../lambda/shared/dispatch/dispatch-queues.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { readRecords } from '../../../../lambda/shared/tables/stream-records.ts';
import { test as onEngine } from '../../../support/fixtures.ts';
import { test as onQueues, type Queues, urlOf } from '../../../support/sqs.ts';
import { aStoredTask } from '../../../support/stored-task.ts';

const QUEUED = { state: 'queued', attempts: 2, issue: 1, used: 2 } as const;

/** A record of the stream of tasks. */
const aRecord = (sequenceNumber: number, overrides: Partial<TaskItem> | { readonly dispatch: undefined } = {}) => ({
  eventName: 'MODIFY',
  eventSource: 'aws:dynamodb',
  eventSourceARN: 'arn:aws:dynamodb:eu-west-1:000000000000:table/Tasks/stream/2026-01-01T00:00:00.000',
  dynamodb: {
    SequenceNumber: `${sequenceNumber}`,
    StreamViewType: 'NEW_IMAGE',
    NewImage: marshall(
      { ...aStoredTask({ taskId: 'a', processor: 'sent-ocr', change: 'opened' }), dispatch: QUEUED, ...overrides },
      { removeUndefinedValues: true },
    ),
  },
});

const NO_INPUTS: InputStore = { remove: async () => undefined };

const aFunction = (queues: DispatchQueues, inputs = NO_INPUTS) => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('test', 'queue-outcomes', (line) => lines.push(JSON.parse(line)));
  const queue = createDispatchQueuer({ queues, inputs, logger });
  return { lines, handle: (...Records: readonly unknown[]) => queue(readRecords({ Records })) };
};

/** Queues that note the messages of each request. @param errorOf error of a message */
const someQueues = (errorOf: (message: DispatchMessage) => string | undefined = () => undefined) => {
  const requests: string[] = [];
  const queues: DispatchQueues = {
    nameOf: (processor) => processor,
    send: async (queue, messages) => {
      requests.push(`${queue}: ${messages.map(({ taskId }) => taskId).join(' ')}`);
      return messages.map(errorOf);
    },
  };
  return { queues, requests };
};

const test = onQueues.extend('queues', (): Queues => ({ Sent: {}, Other: {} }));

describe('a task whose work is to be sent', () => {
  test('is a message of its processor with task id, issue and attempt alone', async ({ sqs }) => {
    const queues = createDispatchQueues(sqs.client, { 'sent-ocr': sqs.QueueUrl, other: urlOf('Other') });
    expect(await aFunction(queues).handle(aRecord(1), aRecord(2, { dispatch: undefined }))).toBeUndefined();
    const [message, ...others] = (await sqs.receive()) ?? [];
    expect(message?.Body).toBe('{"taskId":"a","issue":1,"attempt":3}');
    expect(others).toEqual([]);
  });

  test('goes to another queue if the environment sends no work to its processor any more', async ({ sqs }) => {
    const queues = createDispatchQueues(sqs.client, { 'sent-ocr': sqs.QueueUrl });
    for (const processor of ['gone', 'constructor']) {
      expect(await aFunction(queues).handle(aRecord(1, { processor }))).toBeUndefined();
      expect((await sqs.receive())?.[0]?.Body).toBe('{"taskId":"a","issue":1,"attempt":3}');
    }
  });

  test('is queued when it is opened, reopened, sent again or over, and at no other change', async () => {
    const { queues, requests } = someQueues();
    const { handle } = aFunction(queues);
    const hinted: string[] = [];
    for (const change of TASK_CHANGES) {
      requests.length = 0;
      await handle(aRecord(1, { change }));
      if (requests.length > 0) hinted.push(change);
    }
    expect(hinted.sort()).toEqual(
      [
        'opened',
        'reopened',
        'dispatchQueued',
        'succeeded',
        'failed',
        'expired',
        'cancelled',
        'revoked',
        'progressed',
      ].sort(),
    );
  });

  test.for(['accepted', 'failed', 'stopped'] as const)('is not queued in the state %s', async (state) => {
    const { queues, requests } = someQueues();
    expect(await aFunction(queues).handle(aRecord(1, { dispatch: { ...QUEUED, state } }))).toBeUndefined();
    expect(requests).toEqual([]);
  });

  test('is queued with ten others in one request, and processors have requests of their own', async () => {
    const { queues, requests } = someQueues();
    const records = Array.from({ length: 13 }, (_, i) =>
      aRecord(i, { taskId: `${i}`, processor: i === 3 ? 'other' : 'sent-ocr' }),
    );
    await aFunction(queues).handle(...records);
    expect(requests).toEqual(['sent-ocr: 0 1 2 4 5 6 7 8 9 10', 'sent-ocr: 11 12', 'other: 3']);
  });
});

describe('a failure', () => {
  test('is repeated from the first change that its queue refused', async () => {
    const { queues } = someQueues(({ taskId }) =>
      taskId === 'bad' || taskId === 'worse' ? 'InternalError' : undefined,
    );
    const { handle, lines } = aFunction(queues);
    const failed = await handle(
      aRecord(1),
      aRecord(2, { taskId: 'worse', processor: 'other' }),
      aRecord(3, { taskId: 'bad' }),
    );
    expect(failed).toBe('2');
    expect(lines).toContainEqual(expect.objectContaining({ message: 'dispatch not queued', taskId: 'bad' }));
  });

  test('to delete an input is repeated, and the line has no input', async () => {
    const inputs: InputStore = { remove: () => Promise.reject(new Error('secret text')) };
    const { handle, lines } = aFunction(someQueues().queues, inputs);
    expect(await handle(aRecord(1), aRecord(2, { change: 'succeeded', status: 'succeeded' }))).toBe('2');
    expect(JSON.stringify(lines)).not.toContain('secret text');
  });
});

describe('the input of a task', () => {
  const store = onEngine.extend('inputs', ({ store: { client, lookupsTable, createCall } }) => ({
    put: (taskId: string, issue: number) =>
      client.send(
        new PutItemCommand({
          TableName: lookupsTable,
          Item: marshall({ lookupKey: inputKey(taskId), input: '"scan"', taskId, issue, expiresAt: 1 }),
        }),
      ),
    has: async (taskId: string) => {
      const Key = { lookupKey: { S: inputKey(taskId) } };
      return (await client.send(new GetItemCommand({ TableName: lookupsTable, Key }))).Item !== undefined;
    },
    store: createDynamoDBInputStore(createCall(), lookupsTable),
  }));

  store('is deleted when the task succeeds, is cancelled or expires, and at no other change', async ({ inputs }) => {
    const deleted: string[] = [];
    for (const change of TASK_CHANGES) {
      await inputs.put('deleted', 1);
      const { handle } = aFunction(someQueues().queues, inputs.store);
      expect(await handle(aRecord(1, { taskId: 'deleted', change }))).toBeUndefined();
      if (!(await inputs.has('deleted'))) deleted.push(change);
    }
    expect(deleted.sort()).toEqual(['cancelled', 'expired', 'succeeded']);
  });

  store('stays if the task was sent again meanwhile, and a repeat changes nothing', async ({ inputs }) => {
    await inputs.put('again', 2);
    await inputs.store.remove('again', 1);
    expect(await inputs.has('again')).toBe(true);
    await inputs.store.remove('again', 2);
    await inputs.store.remove('again', 2);
    expect(await inputs.has('again')).toBe(false);
  });
});
