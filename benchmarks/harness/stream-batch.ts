import { readFileSync } from 'node:fs';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { EVENT_SOURCE } from '../../lambda/contract/events.ts';
import { variablesFor } from './contenders.ts';
import type { TestBed } from './test-bed.ts';

/** Most records of one batch of the stream. */
export const BATCH = 100;

/** Environment variables of `publish`. @param events endpoint of EventBridge */
export const publishVariables = (bed: TestBed, events: string): Record<string, string> => ({
  ...variablesFor(bed),
  AWS_ENDPOINT_URL_EVENTBRIDGE: events,
  DEAD_LETTER_QUEUE_URL: `${bed.services}/000000000000/dead-letters`,
});

/** Number of events on the bus. */
export const countPublished = ({ eventsFile }: TestBed): number => {
  try {
    return readFileSync(eventsFile, 'utf8').split(`"source":"${EVENT_SOURCE}"`).length - 1;
  } catch {
    return 0;
  }
};

/** Event of the stream with 100 tasks that succeeded, each with a payload of 1 KB. */
export const streamBatch = async (bed: TestBed): Promise<object> => {
  const callbacks = await bed.callbacks(BATCH);
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
      const { Item } = await bed.dynamodb.send(
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
