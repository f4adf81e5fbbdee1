import { expect } from 'vitest';
import type { Receive } from '../../../../lambda/functions/resume/outcome-messages.ts';
import { createSqsOutcomeMessages } from '../../../../lambda/functions/resume/sqs-outcome-messages.ts';
import { test as base, type Queues, urlOf } from '../../../support/sqs.ts';

const QUEUES = { Outcomes: { FifoQueue: true, VisibilityTimeout: 360 }, DeadLetters: { FifoQueue: true } };
const DEAD_LETTERS = urlOf('DeadLetters.fifo');

const test = base
  .extend('queues', (): Queues => QUEUES)
  .extend('messages', ({ sqs }) =>
    createSqsOutcomeMessages(sqs.client, { queue: sqs.QueueUrl, deadLetters: DEAD_LETTERS }),
  );

test('a message is received again after the wait that was set, before later ones', async ({ messages, sqs }) => {
  await sqs.send('first', { MessageGroupId: 'task-1', MessageDeduplicationId: '1' });
  await sqs.send('second', { MessageGroupId: 'task-1', MessageDeduplicationId: '2' });
  const [received] = (await sqs.receive({ MaxNumberOfMessages: 1 })) ?? [];
  await messages.delay(received?.ReceiptHandle as string, 2);
  sqs.at(1.9);
  expect(await sqs.bodies()).toBeUndefined();
  sqs.at(2);
  expect(await sqs.bodies()).toEqual(['first', 'second']);
});

test('a message that is given up is one dead letter, also if that is repeated', async ({ messages, sqs }) => {
  const message: Receive = { messageId: 'm-1', body: '{"taskId":"a","sequence":2}', receives: 9, firstReceivedAt: 0 };
  await messages.giveUp(message);
  await messages.giveUp(message);
  await messages.giveUp({ ...message, messageId: 'm-2' });
  // A receive shows all of them: no letter waits for another one of its group.
  for (const _ of ['m-1', 'm-2']) {
    expect(await sqs.bodies({ QueueUrl: DEAD_LETTERS, MaxNumberOfMessages: 1 })).toEqual([message.body]);
  }
  expect(await sqs.bodies({ QueueUrl: DEAD_LETTERS })).toBeUndefined();
});
