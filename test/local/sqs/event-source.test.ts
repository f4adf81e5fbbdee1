import type { SQSEvent } from 'aws-lambda';
import { describe, expect, vi } from 'vitest';
import { type QueueEventSource, startQueueEventSource } from '../../../local/sqs/event-source.ts';
import { Queues } from '../../../local/stand-ins/sqs-queues.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const ARN = 'arn:aws:sqs:eu-west-1:000000000000:Work';
const START = Date.parse('2026-01-02T03:04:05.678Z');

const bodiesOf = (event: SQSEvent) => event.Records.map(({ body }) => body);
const failing = (event: SQSEvent, ...bodies: readonly string[]) => ({
  batchItemFailures: event.Records.filter(({ body }) => bodies.includes(body)).map(({ messageId }) => ({
    itemIdentifier: messageId,
  })),
});
const eventually = (assertion: () => void) => vi.waitFor(assertion, EVENTUALLY);

const test = base
  .extend('isFifo', (): boolean => true)
  .extend('work', ({ isFifo, ownFolder }) => {
    let now = START;
    const queues = new Queues(ownFolder, 'eu-west-1', '000000000000', () => now);
    const ensure = (logicalId: string, properties: Readonly<Record<string, unknown>> = {}) =>
      queues.ensureQueue({
        logicalId,
        type: 'AWS::SQS::Queue',
        properties: { ...properties, ...(isFifo && { FifoQueue: true }) },
      });
    const letters = ensure('Letters');
    const redrive = { deadLetterTargetArn: letters.arn, maxReceiveCount: 2 };
    const queue = ensure('Work', { VisibilityTimeout: 60, RedrivePolicy: redrive });
    return {
      queues,
      queue,
      letters,
      send: (body: string, groupId = 'g') =>
        queues.send(queue, body, isFifo ? { groupId, deduplicationId: body } : undefined),
      at: (seconds: number) => {
        now = START + seconds * 1_000;
      },
    };
  })
  .extend('running', ({ work: _ }, { onCleanup }) => {
    const running: QueueEventSource[] = [];
    onCleanup(async () => {
      await Promise.all(running.map((each) => each.stop()));
    });
    return running;
  })
  .extend(
    'start',
    ({ running, work }) =>
      (invoke: (event: SQSEvent) => unknown, properties: Readonly<Record<string, unknown>> = {}) => {
        const source = startQueueEventSource({
          queues: work.queues,
          mapping: {
            logicalId: 'Resumes',
            type: 'AWS::Lambda::EventSourceMapping',
            properties: {
              EventSourceArn: work.queue.arn,
              FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:resume',
              FunctionResponseTypes: ['ReportBatchItemFailures'],
              ...properties,
            },
          },
          functionTimeoutMs: 60_000,
          invoke: async (event) => invoke(event),
        });
        running.push(source);
        return source;
      },
  );

describe('what the function gets', () => {
  test('a record in the shape that Lambda gives it', async ({ start, work }) => {
    const events: SQSEvent[] = [];
    const { messageId, sequenceNumber } = work.send('one');
    start((event) => void events.push(event));
    await eventually(() => expect(events).toHaveLength(1));
    expect(events[0]?.Records).toEqual([
      {
        messageId,
        receiptHandle: expect.stringMatching(/./),
        body: 'one',
        attributes: {
          ApproximateReceiveCount: '1',
          ApproximateFirstReceiveTimestamp: `${START}`,
          SentTimestamp: `${START}`,
          SenderId: 'local',
          SequenceNumber: sequenceNumber,
          MessageGroupId: 'g',
          MessageDeduplicationId: 'one',
        },
        messageAttributes: {},
        md5OfBody: 'f97c5d29941bfb1b2fdab0874906ab82',
        eventSource: 'aws:sqs',
        eventSourceARN: `${ARN}.fifo`,
        awsRegion: 'eu-west-1',
      },
    ]);
  });

  test('every message of a group in order, in batches of at most the size that the mapping says', async ({
    start,
    work,
  }) => {
    const batches: string[][] = [];
    const bodies = Array.from({ length: 7 }, (_, index) => `body-${index}`);
    for (const body of bodies) work.send(body);
    start((event) => void batches.push(bodiesOf(event)), { BatchSize: 3 });
    await eventually(() => expect(batches.flat()).toHaveLength(7));
    expect(batches.flat()).toEqual(bodies);
    expect(batches.map(({ length }) => length)).toEqual([3, 3, 1]);
    await eventually(() => expect(work.queues.count(work.queue)).toEqual({ visible: 0, hidden: 0 }));
  });

  test('batches of ten if the mapping does not say a size', async ({ start, work }) => {
    const sizes: number[] = [];
    for (let index = 0; index < 11; index += 1) work.send(`body-${index}`);
    start((event) => void sizes.push(event.Records.length));
    await eventually(() => expect(sizes).toEqual([10, 1]));
  });
});

describe('a failing function', () => {
  test('gets a named message again after its visibility timeout, before later ones of its group', async ({
    start,
    work,
  }) => {
    const batches: string[][] = [];
    for (const body of ['one', 'two', 'three']) work.send(body);
    start((event) => {
      batches.push(bodiesOf(event));
      return batches.length === 1 ? failing(event, 'two', 'three') : undefined;
    });
    await eventually(() => expect(work.queues.count(work.queue)).toEqual({ visible: 0, hidden: 2 }));
    work.send('four');
    work.send('other', 'h');
    await eventually(() => expect(batches).toHaveLength(2));
    work.at(60);
    await eventually(() => expect(batches).toEqual([['one', 'two', 'three'], ['other'], ['two', 'three', 'four']]));
  });

  test('gets a message again as early as it said itself', async ({ start, work }) => {
    let attempts = 0;
    work.send('one');
    start((event) => {
      attempts += 1;
      if (attempts > 1) return undefined;
      for (const { receiptHandle } of event.Records) work.queues.hide(work.queue, receiptHandle, 0);
      return failing(event, 'one');
    });
    await eventually(() => expect(attempts).toBe(2));
    await eventually(() => expect(work.queues.count(work.queue)).toEqual({ visible: 0, hidden: 0 }));
  });

  test('that answers with item failures succeeds where the mapping does not ask for them', async ({ start, work }) => {
    work.send('one');
    start((event) => failing(event, 'one'), { FunctionResponseTypes: [] });
    await eventually(() => expect(work.queues.count(work.queue)).toEqual({ visible: 0, hidden: 0 }));
  });

  test('loses a message to the dead-letter queue after the receives that the queue allows', async ({ start, work }) => {
    const seen: string[] = [];
    work.send('poison');
    work.send('next');
    start(
      (event) => {
        seen.push(...bodiesOf(event));
        return failing(event, 'poison');
      },
      { BatchSize: 1 },
    );
    await eventually(() => expect(seen).toEqual(['poison']));
    work.at(60);
    await eventually(() => expect(seen).toEqual(['poison', 'poison']));
    work.at(120);
    await eventually(() => expect(seen).toEqual(['poison', 'poison', 'next']));
    expect(work.queues.count(work.letters)).toEqual({ visible: 1, hidden: 0 });
  });
});

describe('a function of a standard queue', () => {
  // Its messages may be deleted after their visibility timeout, so no test below passes because a deletion was late.
  test.override('isFifo', () => false);

  test.for<[string, (event: SQSEvent) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['names a message that was not in the batch', () => ({ batchItemFailures: [{ itemIdentifier: 'nothing' }] })],
    ['names no message', () => ({ batchItemFailures: [{ itemIdentifier: '' }] })],
    ['answers in another form', () => ({ batchItemFailures: 'all' })],
  ])('that %s gets the whole batch again', async ([_, answer], { start, work }) => {
    const batches: string[][] = [];
    for (const body of ['one', 'two']) work.send(body);
    start((event) => {
      batches.push(bodiesOf(event));
      return batches.length === 1 ? answer(event) : undefined;
    });
    await eventually(() => expect(batches).toHaveLength(1));
    work.at(60);
    await eventually(() =>
      expect(batches).toEqual([
        ['one', 'two'],
        ['one', 'two'],
      ]),
    );
  });
});

describe('several invocations at a time', () => {
  test.override('isFifo', () => false);

  test.for([
    [5, {}],
    [2, { ScalingConfig: { MaximumConcurrency: 2 } }],
    [3, { ScalingConfig: { MaximumConcurrency: 3 } }],
  ] as const)('at most %i with %j', async ([most, properties], { start, work }) => {
    const held: (() => void)[] = [];
    let running = 0;
    let highest = 0;
    for (let index = 0; index < 8; index += 1) work.send(`body-${index}`);
    start(
      async () => {
        running += 1;
        highest = Math.max(highest, running);
        await new Promise<void>((resolve) => held.push(resolve));
        running -= 1;
      },
      { BatchSize: 1, ...properties },
    );
    await eventually(() => expect(running).toBe(most));
    await eventually(() => {
      for (const release of held.splice(0)) release();
      expect(work.queues.count(work.queue)).toEqual({ visible: 0, hidden: 0 });
    });
    expect(highest).toBe(most);
  });
});

test('a stop waits for the batches in hand, and receives no more', async ({ start, work }) => {
  const held: (() => void)[] = [];
  const outcomes: string[] = [];
  work.send('one', 'g');
  work.send('two', 'h');
  const source = start(() => new Promise<void>((resolve) => held.push(resolve)), { BatchSize: 1 });
  await eventually(() => expect(held).toHaveLength(2));
  const stopped = source.stop().then(() => outcomes.push('stopped'));
  work.send('three', 'i');
  held[0]?.();
  await eventually(() => expect(work.queues.count(work.queue)).toEqual({ visible: 1, hidden: 1 }));
  outcomes.push('one is done');
  held[1]?.();
  await stopped;
  expect(outcomes).toEqual(['one is done', 'stopped']);
  expect(work.queues.count(work.queue)).toEqual({ visible: 1, hidden: 0 });
});

describe('a mapping', () => {
  test.for<[object, string]>([
    [{ FilterCriteria: { Filters: [] } }, 'Event source mapping Resumes: FilterCriteria'],
    [{ BatchSize: 0 }, 'Event source mapping Resumes: BatchSize'],
    [{ BatchSize: 11 }, 'Event source mapping Resumes: BatchSize'],
    [{ MaximumBatchingWindowInSeconds: 1 }, 'Event source mapping Resumes: MaximumBatchingWindowInSeconds'],
    [{ ScalingConfig: { MaximumConcurrency: 1 } }, 'Event source mapping Resumes: ScalingConfig.MaximumConcurrency'],
    [
      { ScalingConfig: { MaximumConcurrency: 1_001 } },
      'Event source mapping Resumes: ScalingConfig.MaximumConcurrency',
    ],
    [{ EventSourceArn: `${ARN}-not` }, `Event source mapping Resumes: there is no queue ${ARN}-not`],
  ])('that asks for what is not done here is refused by name: %j', ([properties, message], { start }) => {
    expect(() => start(() => undefined, properties as Record<string, unknown>)).toThrow(message);
  });

  test('is refused if the queue hides a message for less time than the function may take', ({ work }) => {
    const properties = { EventSourceArn: work.queue.arn, FunctionName: 'resume', Enabled: false };
    const mapping = { logicalId: 'Resumes', type: 'AWS::Lambda::EventSourceMapping', properties };
    const start = (functionTimeoutMs: number) =>
      startQueueEventSource({ queues: work.queues, mapping, functionTimeoutMs, invoke: async () => undefined });
    expect(() => start(60_000)).not.toThrow();
    expect(() => start(61_000)).toThrow('hides a message for 60 seconds, and the function may take 61 seconds');
  });

  test('that is not enabled receives nothing', async ({ start, work }) => {
    work.send('one');
    const source = start(() => undefined, { Enabled: false });
    await source.stop();
    expect(work.queues.count(work.queue)).toEqual({ visible: 1, hidden: 0 });
  });
});
