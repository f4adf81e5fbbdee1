import { expect } from 'vitest';
import { createAttemptQueues } from '../../../../lambda/functions/dispatch/attempt-queues.ts';
import { test as base, type Queues, urlOf } from '../../../support/sqs.ts';

const test = base
  .extend('queues', (): Queues => ({ SentOcr: {}, OtherOcr: {} }))
  .extend('attemptQueues', ({ sqs }) =>
    createAttemptQueues(sqs.client, { 'sent-ocr': urlOf('SentOcr'), 'other-ocr': urlOf('OtherOcr') }),
  );

/** More than a message has. */
const MESSAGE = { taskId: 'task-1', issue: 2, attempt: 3, input: 'hidden' };

test('a message has the task, its issue and the attempt, and nothing else', async ({ attemptQueues, sqs }) => {
  await attemptQueues.send('other-ocr', MESSAGE, 0);
  expect(await sqs.bodies({ QueueUrl: urlOf('OtherOcr') })).toEqual(['{"taskId":"task-1","issue":2,"attempt":3}']);
  expect(await sqs.bodies({ QueueUrl: urlOf('SentOcr') })).toBeUndefined();
});

test('a message is received when its delay is over, up to 900 seconds', async ({ attemptQueues, sqs }) => {
  await attemptQueues.send('sent-ocr', MESSAGE, 900);
  sqs.at(899.9);
  expect(await sqs.bodies()).toBeUndefined();
  sqs.at(900);
  expect(await sqs.bodies()).toHaveLength(1);
});

test('a longer delay is an error of the queue', async ({ attemptQueues }) => {
  await expect(attemptQueues.send('sent-ocr', MESSAGE, 901)).rejects.toThrow();
});
