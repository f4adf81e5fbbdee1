import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { describe, expect, vi } from 'vitest';
import { type EventSource, startEventSource } from '../../../local/dynamodb/event-source.ts';
import { LOCAL_CLIENT } from '../../support/engine.ts';
import { test as base } from '../../support/fixtures.ts';
import { EVENTUALLY } from '../../support/patience.ts';

const DEAD_LETTERS = 'arn:aws:sqs:eu-west-1:000000000000:dead-letters';

const numberOf = (record: DynamoDBRecord) => Number(record.dynamodb?.NewImage?.sequence?.N);
const numbersOf = (event: DynamoDBStreamEvent) => event.Records.map(numberOf);
const failing = (event: DynamoDBStreamEvent, isPoison: (number: number) => boolean) => {
  const first = event.Records.find((record) => isPoison(numberOf(record)));
  return { batchItemFailures: first ? [{ itemIdentifier: first.dynamodb?.SequenceNumber }] : [] };
};
const eventually = (assertion: () => void) => vi.waitFor(assertion, EVENTUALLY);

const test = base
  .extend('streams', ({ ownStore }, { onCleanup }) => {
    const streams = new DynamoDBStreamsClient({ ...LOCAL_CLIENT, endpoint: ownStore.endpoint });
    onCleanup(() => streams.destroy());
    return streams;
  })
  .extend('running', (): EventSource[] => [])
  .extend('stop', ({ ownFolder: _, running, streams: __ }, { onCleanup }) => {
    const stop = async () => {
      await Promise.all(running.splice(0).map((each) => each.stop()));
    };
    onCleanup(stop);
    return stop;
  })
  .extend('deadLetters', (): { arn: string; message: Record<string, unknown> }[] => [])
  .extend(
    'start',
    ({ deadLetters, ownFolder, ownStore, running, streams }) =>
      async (invoke: (event: DynamoDBStreamEvent) => unknown, properties: Readonly<Record<string, unknown>> = {}) => {
        running.push(
          await startEventSource({
            client: streams,
            mapping: {
              logicalId: 'ChangeFeed',
              type: 'AWS::Lambda::EventSourceMapping',
              properties: {
                EventSourceArn: ownStore.streamArn,
                FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:publish',
                StartingPosition: 'TRIM_HORIZON',
                FunctionResponseTypes: ['ReportBatchItemFailures'],
                DestinationConfig: { OnFailure: { Destination: DEAD_LETTERS } },
                ...properties,
              },
            },
            dataDirectory: ownFolder,
            invoke: async (event) => invoke(event),
            sendToDestination: (arn, message) => {
              deadLetters.push({ arn, message: JSON.parse(message) });
            },
          }),
        );
      },
  )
  .extend('write', ({ ownStore }) => async (...numbers: readonly number[]) => {
    for (const number of numbers) {
      await ownStore.client.send(
        new PutItemCommand({
          TableName: ownStore.tasksTable,
          Item: {
            taskId: { S: `task-${number % 2}` },
            sequence: { N: String(number) },
            payload: { B: Uint8Array.of(0, 255) },
            nested: { M: { list: { L: [{ B: Uint8Array.of(1) }, { BOOL: false }, { NULL: true }] } } },
          },
        }),
      );
    }
  });

describe('what the function gets', () => {
  test('a record in the shape that Lambda gives it, binaries in base64', async ({ ownStore, start, write }) => {
    const events: DynamoDBStreamEvent[] = [];
    await start((event) => void events.push(event));
    await write(1);

    await eventually(() => expect(events).toHaveLength(1));
    expect(events[0]?.Records).toEqual([
      {
        eventID: expect.any(String),
        eventName: 'INSERT',
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: 'eu-west-1',
        eventSourceARN: ownStore.streamArn,
        dynamodb: {
          ApproximateCreationDateTime: expect.any(Number),
          Keys: { taskId: { S: 'task-1' } },
          NewImage: {
            taskId: { S: 'task-1' },
            sequence: { N: '1' },
            payload: { B: 'AP8=' },
            nested: { M: { list: { L: [{ B: 'AQ==' }, { BOOL: false }, { NULL: true }] } } },
          },
          SequenceNumber: expect.any(String),
          SizeBytes: expect.any(Number),
          StreamViewType: 'NEW_IMAGE',
        },
      },
    ]);
    expect(JSON.parse(JSON.stringify(events[0]))).toEqual(events[0]);
  });

  test('every change once and in order, in batches of at most the size that the mapping says', async ({
    start,
    write,
  }) => {
    const batches: number[][] = [];
    const numbers = Array.from({ length: 25 }, (_, index) => index);
    await write(...numbers);
    await start((event) => void batches.push(numbersOf(event)), { BatchSize: 10 });

    await eventually(() => expect(batches.flat()).toHaveLength(25));
    expect(batches.flat()).toEqual(numbers);
    expect(batches.map(({ length }) => length)).toEqual([10, 10, 5]);
  });

  test('LATEST skips earlier records, also after a restart before the first new record', async ({
    start,
    stop,
    write,
  }) => {
    await write(1, 2);
    const seen: number[] = [];
    const latest = { StartingPosition: 'LATEST' };
    await start((event) => void seen.push(...numbersOf(event)), latest);
    await stop();
    await write(3);
    await start((event) => void seen.push(...numbersOf(event)), latest);

    await eventually(() => expect(seen).toEqual([3]));
  });
});

describe('a restart', () => {
  test('goes on behind the last record that was handled', async ({ start, stop, write }) => {
    const seen: number[] = [];
    const note = (event: DynamoDBStreamEvent) => void seen.push(...numbersOf(event));
    await start(note);
    await write(1, 2);
    await eventually(() => expect(seen).toEqual([1, 2]));
    await stop();
    await write(3, 4);
    await start(note);

    await eventually(() => expect(seen).toEqual([1, 2, 3, 4]));
  });

  test('brings a batch again that was in hand', async ({ start, stop, write }) => {
    const seen: number[] = [];
    let fail = true;
    const note = (event: DynamoDBStreamEvent) => {
      seen.push(...numbersOf(event));
      if (fail) throw new Error('killed');
    };
    await write(1);
    await start(note);
    await eventually(() => expect(seen).toContain(1));
    await stop();
    seen.length = 0;
    fail = false;
    await start(note);

    await eventually(() => expect(seen).toEqual([1]));
  });
});

describe('a failing function', () => {
  test('gets the batch again from the record on that it named', async ({ start, write }) => {
    const batches: number[][] = [];
    let poisoned = true;
    await write(1, 2, 3, 4);
    await start((event) => {
      batches.push(numbersOf(event));
      const answer = failing(event, (number) => poisoned && number === 3);
      poisoned = false;
      return answer;
    });

    await eventually(() =>
      expect(batches).toEqual([
        [1, 2, 3, 4],
        [3, 4],
      ]),
    );
  });

  test('gets the whole batch again when it throws, or names a record that was not in the batch', async ({
    start,
    write,
  }) => {
    const batches: number[][] = [];
    await write(1, 2);
    await start((event) => {
      batches.push(numbersOf(event));
      if (batches.length === 1) throw new Error('broken');
      return { batchItemFailures: batches.length === 2 ? [{ itemIdentifier: 'nothing' }] : [] };
    });

    await eventually(() => expect(batches).toHaveLength(3));
    expect(batches).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  test('isolates a failing record, reports its position to the destination, and continues', async ({
    deadLetters,
    ownStore,
    start,
    write,
  }) => {
    const handled: number[] = [];
    let attemptsAlone = 0;
    let poisonAt: string | undefined;
    await write(1, 2, 3, 4, 5);
    await start(
      (event) => {
        const answer = failing(event, (number) => number === 3);
        const poison = event.Records.find((record) => numberOf(record) === 3);
        poisonAt ??= poison?.dynamodb?.SequenceNumber;
        if (poison !== undefined && event.Records.length === 1) attemptsAlone += 1;
        const end = poison === undefined ? event.Records.length : event.Records.indexOf(poison);
        handled.push(...numbersOf({ Records: event.Records.slice(0, end) }));
        return answer;
      },
      { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 2 },
    );

    await eventually(() => expect(handled).toEqual([1, 2, 4, 5]));
    expect(attemptsAlone).toBe(3);
    expect(deadLetters).toEqual([
      {
        arn: DEAD_LETTERS,
        message: expect.objectContaining({
          version: '1.0',
          requestContext: expect.objectContaining({ condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 }),
          DDBStreamBatchInfo: expect.objectContaining({
            streamArn: ownStore.streamArn,
            startSequenceNumber: poisonAt,
            endSequenceNumber: poisonAt,
            batchSize: 1,
          }),
        }),
      },
    ]);
    expect(JSON.stringify(deadLetters)).not.toContain('task-1');
  });

  test('repeats records in order without a limit until the function takes them', async ({
    deadLetters,
    start,
    write,
  }) => {
    const handled: number[] = [];
    let attempts = 0;
    await write(1, 2, 3);
    await start(
      (event) => {
        attempts += 1;
        if (attempts <= 8) throw new Error('broken');
        handled.push(...numbersOf(event));
      },
      { BisectBatchOnFunctionError: true, MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: 82_800 },
    );

    await eventually(() => expect(handled).toEqual([1, 2, 3]));
    expect(deadLetters).toEqual([]);
  });

  test('without bisection the batch is given up as a whole', async ({ deadLetters, start, write }) => {
    const batches: number[][] = [];
    await write(1, 2);
    await start(
      (event) => {
        batches.push(numbersOf(event));
        if (batches.length < 3) throw new Error('broken');
      },
      { MaximumRetryAttempts: 1 },
    );
    await eventually(() => expect(deadLetters).toHaveLength(1));
    await write(3);

    await eventually(() => expect(batches).toEqual([[1, 2], [1, 2], [3]]));
    expect(deadLetters[0]?.message).toMatchObject({ DDBStreamBatchInfo: { batchSize: 2 } });
  });
});

describe('filters', () => {
  const filters = (...patterns: readonly object[]) => ({
    FilterCriteria: { Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) },
  });
  const sequenceOf = (...numbers: readonly number[]) => ({
    dynamodb: { NewImage: { sequence: { N: numbers.map(String) } } },
  });

  test('the function gets the records that match one of the patterns, and no others', async ({ start, write }) => {
    const batches: number[][] = [];
    await write(1, 2, 3, 4, 5);
    await start(
      (event) => void batches.push(numbersOf(event)),
      filters({ eventName: ['INSERT'], ...sequenceOf(1, 3) }, sequenceOf(2, 5)),
    );
    await eventually(() => expect(batches.flat()).toContain(5));
    // 3 replaced 1, and 5 replaced 3: only the first of each task is an INSERT.
    expect(batches).toEqual([[1, 2, 5]]);
  });

  test('all records match if the mapping has no pattern', async ({ start, write }) => {
    const seen: number[] = [];
    await write(1, 2);
    await start((event) => void seen.push(...numbersOf(event)), filters());
    await eventually(() => expect(seen).toEqual([1, 2]));
  });

  test('records that do not match count as handled: a restart does not read them again', async ({
    ownFolder,
    start,
    stop,
    write,
  }) => {
    const seen: number[] = [];
    let matching = '';
    await write(2);
    await start(
      (event) => {
        seen.push(...numbersOf(event));
        matching = String(event.Records[0]?.dynamodb?.SequenceNumber);
      },
      filters(sequenceOf(2)),
    );
    const positions = () => {
      const { shards } = JSON.parse(readFileSync(join(ownFolder, 'ChangeFeed.json'), 'utf8'));
      return Object.values<{ after: string }>(shards).map(({ after }) => after);
    };
    await eventually(() => expect(positions()).toContain(matching));
    await write(4);
    await eventually(() => expect(positions()).not.toContain(matching));
    await stop();
    await start((event) => void seen.push(...numbersOf(event)));
    await write(6);
    await eventually(() => expect(seen).toEqual([2, 6]));
  });

  test('a failing record is given again without those that do not match', async ({ start, write }) => {
    const batches: number[][] = [];
    await write(1, 2, 3, 4);
    await start(
      (event) => {
        batches.push(numbersOf(event));
        if (batches.length === 1) throw new Error('broken');
      },
      filters(sequenceOf(2, 4)),
    );
    await eventually(() =>
      expect(batches).toEqual([
        [2, 4],
        [2, 4],
      ]),
    );
  });
});

describe('a mapping', () => {
  test.for([
    [{ TumblingWindowInSeconds: 30 }, 'Event source mapping ChangeFeed: TumblingWindowInSeconds'],
    [
      { DestinationConfig: { OnFailure: { Destination: `${DEAD_LETTERS}.fifo` } } },
      'Event source mapping ChangeFeed: DestinationConfig.OnFailure.Destination',
    ],
    [{ BatchSize: 0 }, 'Event source mapping ChangeFeed: BatchSize'],
    [{ StartingPosition: 'AT_TIMESTAMP' }, 'Event source mapping ChangeFeed: StartingPosition'],
  ] as const)(
    'that asks for what is not done here is refused by name: %j',
    async ([properties, message], { start }) => {
      await expect(start(() => undefined, properties)).rejects.toThrow(message);
    },
  );

  test('that is not enabled reads nothing', async ({ start, stop, write }) => {
    const seen: number[] = [];
    await write(1);
    await start((event) => void seen.push(...numbersOf(event)), { Enabled: false });
    await stop();
    expect(seen).toEqual([]);
  });
});
