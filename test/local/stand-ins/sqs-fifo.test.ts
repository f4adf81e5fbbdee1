import type { SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { describe, expect } from 'vitest';
import { test as base, type Queues } from '../../support/sqs.ts';

const test = base
  .extend('queues', (): Queues => ({ Work: { FifoQueue: true, VisibilityTimeout: 60 } }))
  .extend(
    'send',
    ({ sqs }) =>
      (body: string, MessageGroupId: string, MessageDeduplicationId = body) =>
        sqs.send(body, { MessageGroupId, MessageDeduplicationId }),
  );

describe('a FIFO queue', () => {
  test('has a name that ends in .fifo, and says what it is', async ({ sqs }) => {
    expect(sqs.queue.arn).toBe('arn:aws:sqs:eu-west-1:000000000000:Work.fifo');
    expect(await sqs.attributes('FifoQueue', 'ContentBasedDeduplication')).toEqual({
      FifoQueue: 'true',
      ContentBasedDeduplication: 'false',
    });
  });

  test.for<[string, string, Partial<SendMessageCommandInput>]>([
    ['no group', 'MissingParameter', { MessageGroupId: undefined }],
    ['neither deduplication id nor content-based one', 'InvalidParameterValue', { MessageDeduplicationId: undefined }],
    ['a group of 129 characters', 'InvalidParameterValue', { MessageGroupId: 'g'.repeat(129) }],
    ['a group with a space', 'InvalidParameterValue', { MessageGroupId: 'a b' }],
    ['a delay, which only a whole FIFO queue can have', 'InvalidParameterValue', { DelaySeconds: 1 }],
    ['a deduplication id of 129 characters', 'InvalidParameterValue', { MessageDeduplicationId: 'd'.repeat(129) }],
  ])('refuses a message with %s', async ([_, name, input], { sqs }) => {
    const message = { MessageGroupId: 'g', MessageDeduplicationId: 'd', ...input };
    await expect(sqs.send('one', message)).rejects.toMatchObject({ name });
  });

  test('takes a group and a deduplication id of 128 characters, punctuation included', async ({ send, sqs }) => {
    await send('one', `!~${'g'.repeat(126)}`, `!~${'d'.repeat(126)}`);
    expect(await sqs.bodies()).toEqual(['one']);
  });

  test('takes a delay of 0 seconds', async ({ sqs }) => {
    await sqs.send('one', { MessageGroupId: 'g', MessageDeduplicationId: 'd', DelaySeconds: 0 });
    expect(await sqs.bodies()).toEqual(['one']);
  });

  test('numbers the messages with 20 digits that grow, and returns the attributes of each', async ({ send, sqs }) => {
    const sent = [await send('one', 'g'), await send('two', 'g'), await send('three', 'h')];
    const numbers = sent.map(({ SequenceNumber }) => String(SequenceNumber));
    expect(numbers.every((number) => /^\d{20}$/.test(number))).toBe(true);
    expect([...new Set(numbers)].sort()).toEqual(numbers);
    const [one] = (await sqs.receive({ MessageSystemAttributeNames: ['All'] })) ?? [];
    expect(one?.Attributes).toMatchObject({
      MessageGroupId: 'g',
      MessageDeduplicationId: 'one',
      SequenceNumber: numbers[0],
      ApproximateReceiveCount: '1',
    });
  });
});

describe('order within a group', () => {
  test('messages of a group come in order, several in one receive', async ({ send, sqs }) => {
    for (const body of ['one', 'two', 'three']) await send(body, 'g');
    expect(await sqs.bodies({ MaxNumberOfMessages: 2 })).toEqual(['one', 'two']);
  });

  test('no message of a group comes while one is in flight; other groups go on', async ({ send, sqs }) => {
    await send('g1', 'g');
    await send('g2', 'g');
    await send('h1', 'h');
    const [first] = (await sqs.receive({ MaxNumberOfMessages: 1 })) ?? [];
    expect(first?.Body).toBe('g1');
    expect(await sqs.bodies()).toEqual(['h1']);
    expect(await sqs.bodies()).toBeUndefined();
    await sqs.delete(first?.ReceiptHandle);
    expect(await sqs.bodies()).toEqual(['g2']);
  });

  test('a message that was not deleted comes again before the later ones of its group', async ({ send, sqs }) => {
    await send('one', 'g');
    await send('two', 'g');
    await sqs.receive({ MaxNumberOfMessages: 1 });
    sqs.at(59);
    expect(await sqs.bodies()).toBeUndefined();
    sqs.at(60);
    expect(await sqs.bodies()).toEqual(['one', 'two']);
  });

  test('a group waits for a later message in flight, even if an earlier one is visible', async ({ send, sqs }) => {
    await send('one', 'g');
    await send('two', 'g');
    const [one, two] = (await sqs.receive()) ?? [];
    await sqs.hide(one?.ReceiptHandle, 0);
    expect(await sqs.bodies()).toBeUndefined();
    await sqs.hide(two?.ReceiptHandle, 0);
    expect(await sqs.bodies()).toEqual(['one', 'two']);
  });

  test('a handle whose visibility timeout has ended deletes nothing', async ({ send, sqs }) => {
    await send('one', 'g');
    const [one] = (await sqs.receive()) ?? [];
    sqs.at(60);
    await expect(sqs.delete(one?.ReceiptHandle)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    expect(await sqs.bodies()).toEqual(['one']);
  });
});

describe('deduplication', () => {
  test('a message with a known deduplication id is accepted for 5 minutes and not delivered', async ({ send, sqs }) => {
    const first = await send('one', 'g', 'same');
    sqs.at(299.999);
    expect(await send('other', 'g', 'same')).toMatchObject({
      MessageId: first.MessageId,
      SequenceNumber: first.SequenceNumber,
    });
    expect(await sqs.bodies()).toEqual(['one']);
    sqs.at(300);
    expect((await send('later', 'h', 'same')).MessageId).not.toBe(first.MessageId);
    expect(await sqs.bodies()).toEqual(['later']);
  });

  test('holds after the message was deleted, in every group, and after a restart', async ({ send, sqs }) => {
    await send('one', 'g', 'same');
    const [one] = (await sqs.receive()) ?? [];
    await sqs.delete(one?.ReceiptHandle);
    await sqs.restart();
    await sqs.restart();
    await send('two', 'h', 'same');
    expect(await sqs.bodies()).toBeUndefined();
  });

  describe('with the scope of a group', () => {
    test.override('queues', () => ({ Work: { FifoQueue: true, DeduplicationScope: 'messageGroup' } }));

    test('one deduplication id in two groups is two messages', async ({ send, sqs }) => {
      await send('one', 'g', 'same');
      await send('two', 'h', 'same');
      await send('three', 'h', 'same');
      expect(await sqs.bodies()).toEqual(['one', 'two']);
    });
  });

  describe('by content', () => {
    test.override('queues', () => ({ Work: { FifoQueue: true, ContentBasedDeduplication: true } }));

    test('takes the hash of the body where the sender gives no id', async ({ send, sqs }) => {
      for (const body of ['one', 'one', 'two']) await sqs.send(body, { MessageGroupId: 'g' });
      await send('one', 'g', 'own');
      const received = await sqs.receive({ MessageSystemAttributeNames: ['MessageDeduplicationId'] });
      expect(received?.map(({ Attributes, Body }) => [Body, Attributes?.MessageDeduplicationId])).toEqual([
        ['one', '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed'],
        ['two', '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3'],
        ['one', 'own'],
      ]);
    });
  });
});

test('a restart keeps order, groups in flight, handles and sequence numbers', async ({ send, sqs }) => {
  await send('g1', 'g');
  await send('g2', 'g');
  const last = await send('h1', 'h');
  const [g1] = (await sqs.receive({ MaxNumberOfMessages: 1 })) ?? [];
  await sqs.restart();
  expect(await sqs.bodies()).toEqual(['h1']);
  await sqs.delete(g1?.ReceiptHandle);
  expect(await sqs.bodies()).toEqual(['g2']);
  const next = await send('i1', 'i');
  expect(Number(BigInt(String(next.SequenceNumber)) - BigInt(String(last.SequenceNumber)))).toBeGreaterThan(0);
});
