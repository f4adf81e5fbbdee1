import { readFileSync } from 'node:fs';
import {
  MessageNotInflight,
  QueueDoesNotExist,
  ReceiptHandleIsInvalid,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { describe, expect } from 'vitest';
import { START, test, urlOf } from '../../support/sqs.ts';

describe('SendMessage', () => {
  test('appends the message to the file of the queue, with a checksum that the SDK accepts', async ({ sqs }) => {
    const { MessageId: messageId } = await sqs.send('a ünicode message');
    const lines = readFileSync(sqs.queue.file, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { messageId, sentAt: '2026-01-02T03:04:05.678Z', body: 'a ünicode message' },
    ]);
  });

  test('refuses a queue that does not exist', async ({ sqs }) => {
    await expect(sqs.send('text', { QueueUrl: urlOf('nothing') })).rejects.toThrow(QueueDoesNotExist);
  });

  test('takes 1,048,576 bytes and no more', async ({ sqs }) => {
    await sqs.send('ü'.repeat(524_288));
    await expect(sqs.send(`${'ü'.repeat(524_288)}.`)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  test.for<[string, string, Partial<SendMessageCommandInput>]>([
    ['no body', 'MissingParameter', { MessageBody: '' }],
    ['a character that XML cannot have', 'InvalidMessageContents', { MessageBody: '\u0000' }],
    ['a deduplication id, which only FIFO queues have', 'InvalidParameterValue', { MessageDeduplicationId: 'one' }],
    ['a delay of 901 seconds', 'InvalidParameterValue', { DelaySeconds: 901 }],
    ['a delay below 0', 'InvalidParameterValue', { DelaySeconds: -1 }],
    [
      'attributes, which are not done here',
      'UnsupportedOperation',
      { MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } },
    ],
  ])('refuses %s', async ([_, name, input], { sqs }) => {
    await expect(sqs.send('text', input)).rejects.toMatchObject({ name });
  });
});

describe('a message with DelaySeconds', () => {
  test('is received when its delay ends, of 900 seconds at most, and not before', async ({ sqs }) => {
    await sqs.send('later', { DelaySeconds: 900 });
    await sqs.send('now', { DelaySeconds: 0 });
    expect(await sqs.bodies()).toEqual(['now']);
    sqs.at(899);
    expect(await sqs.bodies({ VisibilityTimeout: 0 })).toEqual(['now']);
    sqs.at(900);
    expect(await sqs.bodies()).toEqual(['later', 'now']);
  });

  test('is counted as delayed, then as visible, then as hidden', async ({ sqs }) => {
    const counts = async () => {
      const attributes = await sqs.attributes('All');
      return [
        attributes?.ApproximateNumberOfMessagesDelayed,
        attributes?.ApproximateNumberOfMessages,
        attributes?.ApproximateNumberOfMessagesNotVisible,
      ];
    };
    await sqs.send('one', { DelaySeconds: 5 });
    expect(await counts()).toEqual(['1', '0', '0']);
    sqs.at(5);
    expect(await counts()).toEqual(['0', '1', '0']);
    await sqs.receive();
    expect(await counts()).toEqual(['0', '0', '1']);
  });

  test('has its sending as SentTimestamp, and its first receive after the delay', async ({ sqs }) => {
    await sqs.send('one', { DelaySeconds: 5 });
    sqs.at(7);
    const [message] = (await sqs.receive({ MessageSystemAttributeNames: ['All'] })) ?? [];
    expect(message?.Attributes).toMatchObject({
      SentTimestamp: `${START}`,
      ApproximateFirstReceiveTimestamp: `${START + 7_000}`,
      ApproximateReceiveCount: '1',
    });
  });

  test('keeps its delay over a restart', async ({ sqs }) => {
    await sqs.send('one', { DelaySeconds: 5 });
    await sqs.restart();
    sqs.at(4);
    expect(await sqs.receive()).toBeUndefined();
    sqs.at(5);
    expect(await sqs.bodies()).toEqual(['one']);
  });
});

describe('ReceiveMessage', () => {
  test('returns nothing from an empty queue', async ({ sqs }) => {
    expect(await sqs.receive()).toBeUndefined();
  });

  test('returns the requested attributes', async ({ sqs }) => {
    const { MessageId } = await sqs.send('one');
    sqs.at(60);
    expect(await sqs.receive({ MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'] })).toEqual([
      {
        MessageId,
        ReceiptHandle: expect.any(String),
        MD5OfBody: 'f97c5d29941bfb1b2fdab0874906ab82',
        Body: 'one',
        Attributes: { SentTimestamp: `${START}`, ApproximateReceiveCount: '1' },
      },
    ]);
  });

  test('returns at most the requested number, in the order of sending', async ({ sqs }) => {
    for (const body of ['one', 'two', 'three']) await sqs.send(body);
    const received = await sqs.receive({ MaxNumberOfMessages: 2 });
    expect(received?.map(({ Body }) => Body)).toEqual(['one', 'two']);
  });

  test('hides a message until its visibility timeout ends', async ({ sqs }) => {
    await sqs.send('one');
    expect(await sqs.receive({ VisibilityTimeout: 5 })).toHaveLength(1);
    sqs.at(4);
    expect(await sqs.receive()).toBeUndefined();
    sqs.at(5);
    expect(await sqs.bodies()).toEqual(['one']);
  });

  test('hides a message for the visibility timeout of the queue, of 30 seconds by default', async ({ sqs }) => {
    await sqs.send('one');
    await sqs.receive();
    sqs.at(29);
    expect(await sqs.receive()).toBeUndefined();
    sqs.at(30);
    expect(await sqs.bodies()).toEqual(['one']);
  });

  test('waits for a message if the caller asks for that', async ({ sqs }) => {
    const waiting = sqs.receive({ WaitTimeSeconds: 20 });
    await sqs.send('one');
    expect(await waiting).toHaveLength(1);
  });

  test.for([
    ['MaxNumberOfMessages', 0],
    ['MaxNumberOfMessages', 11],
    ['VisibilityTimeout', 43_201],
    ['WaitTimeSeconds', 21],
  ] as const)('refuses %s %i', async ([member, value], { sqs }) => {
    await expect(sqs.receive({ [member]: value })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('DeleteMessage', () => {
  test('deletes a received message', async ({ sqs }) => {
    await sqs.send('one');
    const [message] = (await sqs.receive()) ?? [];
    await sqs.delete(message?.ReceiptHandle);
    sqs.at(60);
    expect(await sqs.receive()).toBeUndefined();
  });

  test('deletes nothing with the handle of an earlier receive, and says nothing', async ({ sqs }) => {
    await sqs.send('one');
    const [earlier] = (await sqs.receive()) ?? [];
    sqs.at(60);
    await sqs.receive();
    await sqs.delete(earlier?.ReceiptHandle);
    sqs.at(120);
    expect(await sqs.bodies()).toEqual(['one']);
  });

  test('refuses a handle that is not one', async ({ sqs }) => {
    await expect(sqs.delete('nothing')).rejects.toThrow(ReceiptHandleIsInvalid);
  });
});

describe('ChangeMessageVisibility', () => {
  test('makes a message visible at once, or hides it longer', async ({ sqs }) => {
    for (const body of ['one', 'two']) await sqs.send(body);
    const [one, two] = (await sqs.receive()) ?? [];
    await sqs.hide(one?.ReceiptHandle, 0);
    await sqs.hide(two?.ReceiptHandle, 600);
    sqs.at(599);
    expect(await sqs.bodies()).toEqual(['one']);
  });

  test('refuses a message that is visible', async ({ sqs }) => {
    await sqs.send('one');
    const [one] = (await sqs.receive({ VisibilityTimeout: 0 })) ?? [];
    await expect(sqs.hide(one?.ReceiptHandle, 30)).rejects.toThrow(MessageNotInflight);
  });
});

describe('GetQueueAttributes', () => {
  test('counts visible and hidden messages', async ({ sqs }) => {
    for (const body of ['one', 'two', 'three']) await sqs.send(body);
    await sqs.receive({ MaxNumberOfMessages: 1 });
    expect(await sqs.attributes('ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible')).toEqual({
      ApproximateNumberOfMessages: '2',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
    expect(await sqs.attributes('QueueArn')).toEqual({ QueueArn: sqs.queue.arn });
  });

  test('returns the settings of the queue', async ({ sqs }) => {
    expect(await sqs.attributes('VisibilityTimeout', 'FifoQueue')).toEqual({ VisibilityTimeout: '30' });
  });

  test('refuses an unknown attribute', async ({ sqs }) => {
    await expect(sqs.attributes('Colour')).rejects.toMatchObject({ name: 'InvalidAttributeName' });
  });
});

test('a restart keeps messages, timeouts and handles, and forgets deleted messages', async ({ sqs }) => {
  for (const body of ['deleted', 'hidden', 'visible']) await sqs.send(body);
  const [deleted, hidden] = (await sqs.receive({ MaxNumberOfMessages: 2 })) ?? [];
  await sqs.delete(deleted?.ReceiptHandle);
  await sqs.restart();
  expect(readFileSync(sqs.queue.file, 'utf8')).not.toContain('deleted');
  expect(await sqs.attributes('All')).toMatchObject({
    ApproximateNumberOfMessages: '1',
    ApproximateNumberOfMessagesNotVisible: '1',
  });
  expect(await sqs.bodies()).toEqual(['visible']);
  await sqs.delete(hidden?.ReceiptHandle);
  sqs.at(60);
  expect(await sqs.bodies()).toEqual(['visible']);
});
