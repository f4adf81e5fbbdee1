import { marshall } from '@aws-sdk/util-dynamodb';
import { aTask } from './task-fixture.ts';
import { randomId } from './test-bed.ts';

/** Most records of one batch of the stream. */
export const BATCH = 100;

/** Event of the stream with 100 tasks that succeeded, each with a payload of 1 KB. */
export const streamBatch = (): object => {
  const now = Math.floor(Date.now() / 1000);
  const receivedAt = new Date().toISOString();
  const records = Array.from({ length: BATCH }, (_, i) => {
    const task = {
      ...aTask({ taskId: randomId(), jti: randomId(), iat: now, exp: now + 3_600, status: 'succeeded' }),
      closedAt: receivedAt,
      result: { contentType: 'application/json', size: 1_000, sha256: '0'.repeat(64), receivedAt },
    };
    // Lambda encodes bytes as Base64.
    const image = { ...marshall(task), payload: { B: Buffer.alloc(1_000).toString('base64') } };
    return {
      eventName: 'MODIFY',
      eventSource: 'aws:dynamodb',
      eventSourceARN: 'arn:aws:dynamodb:eu-west-1:000000000000:table/tasks/stream/1',
      dynamodb: { SequenceNumber: `${i + 1}`, StreamViewType: 'NEW_IMAGE', NewImage: image },
    };
  });
  return { Records: records };
};
