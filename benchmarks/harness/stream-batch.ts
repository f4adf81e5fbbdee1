import { readFileSync } from 'node:fs';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { EVENT_SOURCE } from '../../lambda/contract/events.ts';
import { type Files, variablesOf } from './contenders.ts';
import type { World } from './test-bed.ts';

/** What the stream hands over at most, in one event. */
export const BATCH = 100;

/** A function that answers with what failed, made to answer with a status. */
export const answering = (code: string): Files => ({
  'index.js': `exports.handler = async (event, context) => {
  const { batchItemFailures } = await require('./function.js').handler(event, context);
  return { statusCode: batchItemFailures.length === 0 ? 200 : 500, body: '' };
};`,
  'function.js': code,
});

/** Environment variables of the publisher. @param events endpoint of EventBridge */
export const publishVariables = (world: World, events: string): Record<string, string> => ({
  ...variablesOf(world),
  AWS_ENDPOINT_URL_EVENTBRIDGE: events,
  DEAD_LETTER_QUEUE_URL: `${world.services}/000000000000/dead-letters`,
});

/** Events that the bus has. */
export const countPublished = ({ eventsFile }: World): number => {
  try {
    return readFileSync(eventsFile, 'utf8').split(`"source":"${EVENT_SOURCE}"`).length - 1;
  } catch {
    return 0;
  }
};

/** The stream's event for as many tasks that succeeded, each with its payload of 1 KB. */
export const changesOf = async (world: World): Promise<object> => {
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
