import { readFileSync } from 'node:fs';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { EVENT_SOURCE } from '../../lambda/contract/events.ts';
import { type ContenderProcess, startContender } from '../contender-process.ts';
import { bundle, type Files, layOut, variablesOf } from '../contenders.ts';
import { openLink } from '../link.ts';
import { createRounds, measureOf, POSTERN } from '../measure.ts';
import type { Measure, PartResult } from '../result.ts';
import { inTurn } from '../statistics.ts';
import { openWorld, type World } from '../world.ts';

const DESCRIPTIONS = {
  [POSTERN]: 'the shipped function: records read and judged, events in the order of their tasks, log written',
  limit: 'ten entries of three members each a hand-signed request, one request after the other',
} as const;

/** What the stream hands over at most, in one event. */
const BATCH = 100;
const BATCHES = 20;
const WARM_UP = 20;
/** Added to every answer of EventBridge. */
const MILLISECONDS = [0, 10] as const;

/** A function that answers with what failed, made to answer with a status. */
const answering = (code: string): Files => ({
  'index.js': `exports.handler = async (event, context) => {
  const { batchItemFailures } = await require('./function.js').handler(event, context);
  return { statusCode: batchItemFailures.length === 0 ? 200 : 500, body: '' };
};`,
  'function.js': code,
});

/** Changes of tasks on their way from the stream to the bus, one batch of a shard at a time. */
export const publish = async (rounds: number): Promise<PartResult> => {
  const contenders = layOut(
    {
      [POSTERN]: answering(await bundle('lambda/publish/handler.ts')),
      limit: answering(await bundle('bench/peers/publish-limit.cjs')),
    },
    DESCRIPTIONS,
  );
  const world = await openWorld();
  const measures: Measure[] = [];
  try {
    const event = await aBatch(world);
    for (const milliseconds of MILLISECONDS) measures.push(...(await measureLatency(event, milliseconds)));
  } finally {
    await world.close();
  }

  async function measureLatency(event: object, milliseconds: number): Promise<readonly Measure[]> {
    const gathered = createRounds();
    const processes = new Map<string, ContenderProcess>();
    const link = await openLink(world.services, milliseconds);
    const run = async (name: string, batches: number) => {
      const before = published(world);
      const events = Array.from({ length: batches }, () => event);
      const done = await (processes.get(name) as ContenderProcess).work({ events, concurrency: 1, expected: 200 });
      const count = published(world) - before;
      if (count !== batches * BATCH) throw new Error(`${name} published ${count} events of ${batches * BATCH}.`);
      return done;
    };
    try {
      for (const { folder, name } of contenders) {
        const variables = {
          ...variablesOf(world),
          AWS_ENDPOINT_URL_EVENTBRIDGE: link.endpoint,
          DEAD_LETTER_QUEUE_URL: `${world.services}/000000000000/dead-letters`,
        };
        processes.set(name, await startContender(folder, variables));
        await run(name, WARM_UP);
      }
      for (let round = 0; round < rounds; round += 1) {
        for (const { name } of inTurn(contenders, round)) {
          await link.requests();
          const done = await run(name, BATCHES);
          const changes = BATCHES * BATCH;
          gathered.add('rate', name, (changes / done.milliseconds) * 1000);
          gathered.add('cpu', name, done.cpuMicroseconds / changes);
          gathered.add('requests', name, (await link.requests()) / BATCHES);
        }
      }
    } finally {
      for (const process of processes.values()) await process.stop();
      link.stop();
    }
    const where = `${milliseconds} ms a call of EventBridge`;
    return [
      measureOf(`changes, ${where}`, '1/s', true, gathered.of('rate')),
      measureOf(`processor time of a change, ${where}`, 'µs', false, gathered.of('cpu')),
      measureOf(`requests of a batch, ${where}`, '', false, gathered.of('requests')),
    ];
  }

  return {
    part: 'publish',
    title: 'Changes, published',
    method: `Batches of ${BATCH} changes of as many tasks, one batch at a time, as a shard of the stream has it; the bus is a stand-in on the same cores. Every event of every batch had to arrive. ${rounds} rounds, in turn.`,
    contenders: DESCRIPTIONS,
    measures,
    pictured: [`changes, 10 ms a call of EventBridge`, `processor time of a change, 0 ms a call of EventBridge`],
  };
};

/** Events that the bus has. */
const published = ({ eventsFile }: World): number => {
  try {
    return readFileSync(eventsFile, 'utf8').split(`"source":"${EVENT_SOURCE}"`).length - 1;
  } catch {
    return 0;
  }
};

/** The stream's event for as many tasks that succeeded, each with its payload of 1 KB. */
const aBatch = async (world: World): Promise<object> => {
  const callbacks = await world.callbacks(BATCH);
  const at = new Date().toISOString();
  const change = marshall({
    status: 'succeeded',
    change: 'succeeded',
    changedAt: at,
    closedAt: at,
    sequence: 2,
    result: { contentType: 'application/json', size: 1_000, sha256: '0'.repeat(64), receivedAt: at },
  });
  const records = await Promise.all(
    callbacks.map(async ({ taskId }, i) => {
      const { Item } = await world.dynamodb.send(
        new GetItemCommand({ TableName: 'tasks', Key: { taskId: { S: taskId } } }),
      );
      const image = { ...Item, ...change, payload: { B: Buffer.alloc(1_000).toString('base64') } };
      return {
        eventName: 'MODIFY',
        eventSource: 'aws:dynamodb',
        eventSourceARN: 'arn:aws:dynamodb:eu-west-1:000000000000:table/tasks/stream/1',
        dynamodb: { SequenceNumber: `${i + 1}`, StreamViewType: 'NEW_IMAGE', NewImage: image },
      };
    }),
  );
  return { Records: records };
};
