import { randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import type {
  CountLetters,
  DeadLetterQueues,
  LetterRequest,
} from '../../../../lambda/shared/operator/dead-letter-queues.ts';
import { createDeadLetters } from '../../../../lambda/shared/operator/dead-letters.ts';
import { aFailedCall, aLetter, anArrival, openQueues } from '../../../support/dead-letters.ts';
import { test as base } from '../../../support/fixtures.ts';

const TASK = 'AAAAAAAAAAAAAAAAAAAAAA';
const LOOK = { limit: 10, hiddenSeconds: 60, isPatient: false };

const test = base
  .extend('queues', ({ kms }, { onCleanup }) => {
    const queues = openQueues(kms, ['publish', 'complete-upload']);
    onCleanup(queues.close);
    return queues;
  })
  .extend('deadLetters', ({ queues }) => createDeadLetters(queues));

describe('the list of dead letters', () => {
  test('shows each queue with its letters and without their content', async ({ queues, deadLetters }) => {
    const change = { taskId: TASK, sequence: 3, sequenceNumber: '100', reason: 'MalformedDetail' };
    const first = await queues.send('publish', change);
    const second = await queues.send('publish', { sequenceNumber: '200', reason: 'NotATask' });
    const arrival = await queues.send('complete-upload', aFailedCall(anArrival(TASK)));

    const [publish, completeUpload] = await deadLetters.list();
    expect(publish).toEqual({
      queue: 'publish',
      count: 2,
      oldestAt: publish?.items[0]?.at,
      items: [
        { id: first, at: expect.stringMatching(/^20.+\.\d{3}Z$/), taskId: TASK, reason: 'MalformedDetail' },
        { id: second, at: expect.any(String), reason: 'NotATask' },
      ],
    });
    expect(completeUpload?.items).toEqual([
      { id: arrival, at: expect.any(String), taskId: TASK, reason: 'RetriesExhausted: TimeoutError' },
    ]);
  });

  test('shows an empty queue without a time', async ({ deadLetters }) => {
    expect(await deadLetters.list()).toEqual([
      { queue: 'publish', count: 0, items: [] },
      { queue: 'complete-upload', count: 0, items: [] },
    ]);
  });

  test('removes and hides nothing', async ({ queues, deadLetters }) => {
    await queues.send('publish', { sequenceNumber: '100', reason: 'NotATask' });
    const shown = await deadLetters.list();
    expect(await deadLetters.list()).toEqual(shown);
    expect(queues.lettersOf('publish')).toEqual({ visible: 1, hidden: 0 });
  });

  test('shows 20 letters of 21, and counts all', async ({ queues, deadLetters }) => {
    for (let i = 0; i < 21; i += 1) await queues.send('publish', { sequenceNumber: `${i}`, reason: 'NotATask' });
    const [publish] = await deadLetters.list();
    expect(publish).toMatchObject({ count: 21 });
    expect(publish?.items).toHaveLength(20);
    expect(queues.lettersOf('publish')).toEqual({ visible: 21, hidden: 0 });
  });

  test('waits for letters that another operator is looking at', async ({ queues, deadLetters }) => {
    await queues.send('publish', { sequenceNumber: '100', reason: 'NotATask' });
    const seen = await queues.queues.receive('publish', LOOK);
    const list = deadLetters.list();
    await queues.queues.release('publish', seen);
    expect((await list)[0]?.items).toHaveLength(1);
  });

  test('counts letters that another reader keeps for longer', async ({ queues, deadLetters }) => {
    await queues.send('publish', { sequenceNumber: '100', reason: 'NotATask' });
    await queues.queues.receive('publish', LOOK);
    expect((await deadLetters.list())[0]).toEqual({ queue: 'publish', count: 1, items: [] });
  });

  test('shows letters that the count does not contain yet', async ({ queues }) => {
    const count: CountLetters = async () => 0;
    await queues.send('publish', { sequenceNumber: '100', reason: 'NotATask' });
    expect((await createDeadLetters({ ...queues, count }).list())[0]).toMatchObject({ count: 1, items: [{}] });
  });

  test('is unavailable if SQS is', async ({ queues }) => {
    const count: CountLetters = () => Promise.reject(new Error('down'));
    await expect(createDeadLetters({ ...queues, count }).list()).rejects.toMatchObject({
      refusal: { code: 'unavailable', reason: 'dead letters of publish: Error' },
    });
  });
});

describe('the check of a dead letter', () => {
  test('finds a queue, and a letter in it', async ({ queues, deadLetters }) => {
    const id = await queues.send('publish', { sequenceNumber: '100', reason: 'NotATask' });
    expect(await deadLetters.check('publish', undefined)).toBeUndefined();
    expect(await deadLetters.check('publish', id)).toBeUndefined();
    expect(queues.lettersOf('publish')).toEqual({ visible: 1, hidden: 0 });
  });

  test('finds a letter behind the first 20', async ({ queues, deadLetters }) => {
    let id = '';
    for (let i = 0; i < 25; i += 1) id = await queues.send('publish', { sequenceNumber: `${i}`, reason: 'NotATask' });
    expect(await deadLetters.check('publish', id)).toBeUndefined();
    expect(queues.lettersOf('publish')).toEqual({ visible: 25, hidden: 0 });
  });

  test('refuses an unknown queue, and an unknown letter', async ({ deadLetters }) => {
    expect(await deadLetters.check('receive', undefined)).toMatchObject({ code: 'queue_unknown' });
    expect(await deadLetters.check('constructor', undefined)).toMatchObject({ code: 'queue_unknown' });
    expect(await deadLetters.check('publish', randomUUID())).toMatchObject({ code: 'letter_unknown' });
  });
});

describe('a long queue', () => {
  /** A queue that gives out its letters once, ten at a time, and the requests that it got. */
  const aLongQueue = (length: number) => {
    const requests: LetterRequest[] = [];
    let next = 0;
    const queues: DeadLetterQueues = {
      names: ['publish'],
      receive: async (_, request) => {
        requests.push(request);
        const batch = Array.from({ length: Math.min(request.limit, length - next) }, (_, i) =>
          aLetter({ sequenceNumber: '1', reason: 'r' }, { id: `letter-${next + i + 1}` }),
        );
        next += batch.length;
        return batch;
      },
      release: async () => {},
    };
    return { requests, deadLetters: createDeadLetters({ queues, count: async () => length }) };
  };

  test('is searched up to its 1,000th letter', async () => {
    expect(await aLongQueue(1_001).deadLetters.check('publish', 'letter-1000')).toBeUndefined();
    const { deadLetters, requests } = aLongQueue(1_001);
    expect(await deadLetters.check('publish', 'letter-1001')).toMatchObject({ code: 'letter_unknown' });
    expect(requests).toHaveLength(100);
  });

  test('hides its letters for 15 seconds at most while an operator looks', async () => {
    const { deadLetters, requests } = aLongQueue(21);
    await deadLetters.list();
    expect(requests).toEqual([
      { limit: 10, hiddenSeconds: 15, isPatient: true },
      { limit: 10, hiddenSeconds: 15, isPatient: true },
    ]);
  });
});
