import { describe, expect, it } from 'vitest';
import { createDropUnreadable } from '../../../../lambda/functions/resume/drop-unreadable.ts';
import { fromQueue, type MessageWork } from '../../../../lambda/functions/resume/from-queue.ts';
import type { Receive, ReceivedMessage } from '../../../../lambda/functions/resume/outcome-messages.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';

const NOW = 1_800_000_000_000;

/** A record as Lambda passes it. */
const aRecord = (messageId: string, body: unknown, overrides: object = {}) => ({
  messageId,
  receiptHandle: `receipt of ${messageId}`,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: '3',
    SentTimestamp: '1799999000000',
    ApproximateFirstReceiveTimestamp: '1799999900000',
    MessageGroupId: 'a',
  },
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:outcomes.fifo',
  ...overrides,
});

/** @param failing sequences of messages that fail */
const aQueue = (failing: readonly number[] = []) => {
  const worked: ReceivedMessage[] = [];
  const dropped: Receive[] = [];
  const work: MessageWork = {
    resume: async (message) => {
      worked.push(message);
      return !failing.includes(message.sequence);
    },
    drop: async (message) => {
      dropped.push(message);
      return !failing.includes(0);
    },
  };
  const handle = fromQueue(work, () => NOW);
  return {
    worked,
    dropped,
    /** Returns the messages that are received again. */
    receive: async (...Records: readonly object[]) =>
      (await handle({ Records })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    handle,
  };
};

describe('an event of the queue', () => {
  it('is read with the receives and the time of the first one', async () => {
    const queue = aQueue();
    expect(await queue.receive(aRecord('m1', { taskId: 'a', sequence: 2 }))).toEqual([]);
    expect(queue.worked).toEqual([
      {
        messageId: 'm1',
        receiptHandle: 'receipt of m1',
        body: '{"taskId":"a","sequence":2}',
        taskId: 'a',
        sequence: 2,
        receives: 3,
        firstReceivedAt: 1_799_999_900_000,
      },
    ]);
  });

  it('of redrive has no receipt: it is the first receive', async () => {
    const queue = aQueue();
    await queue.receive({ messageId: 'm1', body: '{"taskId":"a","sequence":2}' });
    expect(queue.worked).toEqual([expect.objectContaining({ receives: 1, firstReceivedAt: NOW })]);
    expect(queue.worked[0]).not.toHaveProperty('receiptHandle');
  });

  it('has messages of one task fail after the first that failed, and no others', async () => {
    const queue = aQueue([2]);
    const failed = await queue.receive(
      aRecord('a1', { taskId: 'a', sequence: 1 }),
      aRecord('a2', { taskId: 'a', sequence: 2 }),
      aRecord('b3', { taskId: 'b', sequence: 3 }),
      aRecord('a4', { taskId: 'a', sequence: 4 }),
      aRecord('b5', { taskId: 'b', sequence: 5 }),
    );
    expect(failed).toEqual(['a2', 'a4']);
    expect(queue.worked.map(({ messageId }) => messageId)).toEqual(['a1', 'a2', 'b3', 'b5']);
  });

  it.each([
    ['not JSON'],
    ['null'],
    ['[]'],
    [{ taskId: 'a' }],
    [{ taskId: 'a', sequence: '2' }],
    [{ taskId: 'a', sequence: 1.5 }],
    [{ taskId: 7, sequence: 2 }],
    [{ taskId: 'a/b', sequence: 2 }],
  ])('with the body %j is not an outcome', async (body) => {
    const queue = aQueue();
    expect(await queue.receive(aRecord('m1', body))).toEqual([]);
    expect(queue.worked).toEqual([]);
    expect(queue.dropped).toHaveLength(1);
  });

  it('has a message fail that could not be dropped', async () => {
    expect(await aQueue([0]).receive(aRecord('m1', 'not JSON'))).toEqual(['m1']);
  });

  it.each([[undefined], [null], [{}], [{ Records: 'none' }], [{ taskId: 'a', sequence: 2 }]])(
    '%j is an error, so that no dead letter counts as processed',
    async (event) => {
      const queue = aQueue();
      await expect(queue.handle(event)).rejects.toThrow('The event has no messages.');
      expect(queue.worked).toEqual([]);
    },
  );
});

describe('a message that is not an outcome', () => {
  const aDrop = (giveUp: (message: Receive) => Promise<void>) => {
    const lines: Record<string, unknown>[] = [];
    const logger = createLogger('test', 'resume', (line) => lines.push(JSON.parse(line)));
    return { drop: createDropUnreadable({ giveUp }, logger), lines };
  };
  const message: Receive = {
    messageId: 'm1',
    body: 'secret text',
    receiptHandle: 'r',
    receives: 1,
    firstReceivedAt: 0,
  };

  it('becomes a dead letter at once, and its text is not logged', async () => {
    const letters: Receive[] = [];
    const { drop, lines } = aDrop(async (letter) => {
      letters.push(letter);
    });
    expect(await drop(message)).toBe(true);
    expect(letters).toEqual([message]);
    expect(lines).toMatchObject([{ level: 'ERROR', messageId: 'm1' }]);
    expect(JSON.stringify(lines)).not.toContain('secret text');
  });

  it('stays where it is if the dead-letter queue is unavailable, or has it already', async () => {
    const unavailable = aDrop(() => Promise.reject(Object.assign(new Error(''), { name: 'RequestThrottled' })));
    expect(await unavailable.drop(message)).toBe(false);
    expect(unavailable.lines.at(-1)).toMatchObject({ message: 'dead letter not sent', error: 'RequestThrottled' });
    const { receiptHandle: _, ...letter } = message;
    expect(await aDrop(() => Promise.reject(new Error('not called'))).drop(letter)).toBe(false);
  });
});
