import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import { describe, expect } from 'vitest';
import { test as base, type Queues } from '../../support/sqs.ts';

const test = base
  .extend('queues', (): Queues => ({ Work: { FifoQueue: true } }))
  .extend(
    'send',
    ({ sqs }) =>
      (...Entries: SendMessageBatchRequestEntry[]) =>
        sqs.client.send(new SendMessageBatchCommand({ QueueUrl: sqs.QueueUrl, Entries })),
  );

const anEntry = (Id: string, entry: Partial<SendMessageBatchRequestEntry> = {}): SendMessageBatchRequestEntry => ({
  Id,
  MessageBody: `body of ${Id}`,
  MessageGroupId: 'g',
  MessageDeduplicationId: Id,
  ...entry,
});

describe('SendMessageBatch', () => {
  test('sends ten messages in their order, with checksums that the SDK accepts', async ({ send, sqs }) => {
    const ids = Array.from({ length: 10 }, (_, index) => `entry-${index}`);
    const { Failed, Successful } = await send(...ids.map((id) => anEntry(id)));
    expect(Failed).toBeUndefined();
    expect(Successful?.map(({ Id }) => Id)).toEqual(ids);
    expect(Successful?.[0]?.SequenceNumber).toMatch(/^\d{20}$/);
    expect(await sqs.bodies()).toEqual(ids.map((id) => `body of ${id}`));
  });

  test('fails an entry by itself, with its id and code, and sends the others', async ({ send, sqs }) => {
    const { Failed, Successful } = await send(
      anEntry('one'),
      anEntry('two', { MessageGroupId: undefined }),
      anEntry('three'),
    );
    expect(Failed).toEqual([
      { Id: 'two', Code: 'MissingParameter', Message: expect.stringContaining('MessageGroupId'), SenderFault: true },
    ]);
    expect(Successful?.map(({ Id }) => Id)).toEqual(['one', 'three']);
    expect(await sqs.bodies()).toEqual(['body of one', 'body of three']);
  });

  test('takes 1,048,576 bytes in all and no more', async ({ send }) => {
    const half = { MessageBody: 'ü'.repeat(262_144) };
    const { Successful } = await send(anEntry('one', half), anEntry('two', half));
    expect(Successful).toHaveLength(2);
    await expect(
      send(anEntry('three', half), anEntry('four', half), anEntry('five', { MessageBody: '.' })),
    ).rejects.toMatchObject({ name: 'BatchRequestTooLong' });
  });

  test.for<[string, string, readonly SendMessageBatchRequestEntry[]]>([
    ['no entry', 'EmptyBatchRequest', []],
    [
      'eleven entries',
      'TooManyEntriesInBatchRequest',
      Array.from({ length: 11 }, (_, index) => anEntry(`entry-${index}`)),
    ],
    ['an id twice', 'BatchEntryIdsNotDistinct', [anEntry('one'), anEntry('one')]],
    ['an id of 81 characters', 'InvalidBatchEntryId', [anEntry('i'.repeat(81))]],
    ['an id with a space', 'InvalidBatchEntryId', [anEntry('a b')]],
  ])('refuses %s as a whole', async ([_, name, entries], { send, sqs }) => {
    await expect(send(...entries)).rejects.toMatchObject({ name });
    expect(await sqs.bodies()).toBeUndefined();
  });
});

describe('SendMessageBatch of a standard queue', () => {
  test.override('queues', (): Queues => ({ Work: {} }));

  test('delays each entry by its own time, and fails one with a longer delay by itself', async ({ sqs }) => {
    const { Failed, Successful } = await sqs.client.send(
      new SendMessageBatchCommand({
        QueueUrl: sqs.QueueUrl,
        Entries: [
          { Id: 'now', MessageBody: 'now' },
          { Id: 'soon', MessageBody: 'soon', DelaySeconds: 5 },
          { Id: 'never', MessageBody: 'never', DelaySeconds: 901 },
        ],
      }),
    );
    expect(Successful?.map(({ Id }) => Id)).toEqual(['now', 'soon']);
    expect(Failed).toMatchObject([{ Id: 'never', Code: 'InvalidParameterValue', SenderFault: true }]);
    expect(await sqs.bodies()).toEqual(['now']);
    sqs.at(5);
    expect(await sqs.bodies()).toEqual(['soon']);
  });
});

test('DeleteMessageBatch deletes what it can, and fails a wrong handle by itself', async ({ send, sqs }) => {
  await send(anEntry('one'), anEntry('two'));
  const [one, two] = (await sqs.receive()) ?? [];
  const { Failed, Successful } = await sqs.client.send(
    new DeleteMessageBatchCommand({
      QueueUrl: sqs.QueueUrl,
      Entries: [
        { Id: 'a', ReceiptHandle: one?.ReceiptHandle },
        { Id: 'b', ReceiptHandle: 'nothing' },
        { Id: 'c', ReceiptHandle: two?.ReceiptHandle },
      ],
    }),
  );
  expect(Successful).toEqual([{ Id: 'a' }, { Id: 'c' }]);
  expect(Failed).toMatchObject([{ Id: 'b', Code: 'ReceiptHandleIsInvalid', SenderFault: true }]);
  expect(await sqs.attributes('All')).toMatchObject({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
  });
});

test('ChangeMessageVisibilityBatch makes each message visible, and fails a visible one', async ({ send, sqs }) => {
  await send(anEntry('one'));
  const [one] = (await sqs.receive()) ?? [];
  const change = () =>
    sqs.client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: sqs.QueueUrl,
        Entries: [{ Id: 'a', ReceiptHandle: one?.ReceiptHandle, VisibilityTimeout: 0 }],
      }),
    );
  expect((await change()).Successful).toEqual([{ Id: 'a' }]);
  expect((await change()).Failed).toMatchObject([{ Id: 'a', Code: 'MessageNotInflight' }]);
  expect(await sqs.bodies()).toEqual(['body of one']);
});
