import { describe, expect } from 'vitest';
import { START, test, urlOf } from '../../support/sqs.ts';

const ARN = 'arn:aws:sqs:eu-west-1:000000000000';
const EVERYTHING = { MessageSystemAttributeNames: ['All' as const] };

describe('a message that was received as often as the queue allows', () => {
  describe('of a standard queue', () => {
    test.override('queues', () => ({
      Work: { RedrivePolicy: { deadLetterTargetArn: `${ARN}:Letters`, maxReceiveCount: 2 } },
      Letters: {},
    }));

    test('goes to the dead-letter queue at the next receive, with its id and its time', async ({ sqs }) => {
      const { MessageId } = await sqs.send('poison');
      for (const seconds of [0, 30]) {
        sqs.at(seconds);
        expect(await sqs.bodies()).toEqual(['poison']);
      }
      sqs.at(60);
      expect(await sqs.receive()).toBeUndefined();
      const letters = await sqs.receive({ QueueUrl: urlOf('Letters'), ...EVERYTHING });
      expect(letters).toMatchObject([
        {
          MessageId,
          Body: 'poison',
          Attributes: {
            SentTimestamp: `${START}`,
            ApproximateReceiveCount: '1',
            DeadLetterQueueSourceArn: `${ARN}:Work`,
          },
        },
      ]);
      expect(await sqs.attributes('RedrivePolicy')).toEqual({
        RedrivePolicy: `{"deadLetterTargetArn":"${ARN}:Letters","maxReceiveCount":2}`,
      });
    });

    test('is in the dead-letter queue after a restart, and in that one only', async ({ sqs }) => {
      await sqs.send('poison');
      for (const seconds of [0, 30, 60]) {
        sqs.at(seconds);
        await sqs.receive();
      }
      await sqs.restart();
      sqs.at(600);
      expect(await sqs.attributes('ApproximateNumberOfMessages')).toEqual({ ApproximateNumberOfMessages: '0' });
      expect(await sqs.bodies({ QueueUrl: urlOf('Letters') })).toEqual(['poison']);
    });
  });

  describe('of a FIFO queue', () => {
    test.override('queues', () => ({
      Work: { FifoQueue: true, RedrivePolicy: { deadLetterTargetArn: `${ARN}:Letters.fifo`, maxReceiveCount: 1 } },
      Letters: { FifoQueue: true },
    }));

    test('goes to the FIFO dead-letter queue, and the next message of its group comes', async ({ sqs }) => {
      for (const body of ['poison', 'next']) {
        await sqs.send(body, { MessageGroupId: 'g', MessageDeduplicationId: body });
      }
      expect(await sqs.bodies({ MaxNumberOfMessages: 1 })).toEqual(['poison']);
      sqs.at(30);
      expect(await sqs.bodies()).toEqual(['next']);
      const letters = await sqs.receive({ QueueUrl: urlOf('Letters.fifo'), ...EVERYTHING });
      expect(letters?.map(({ Attributes, Body }) => ({ Body, ...Attributes }))).toMatchObject([
        {
          Body: 'poison',
          MessageGroupId: 'g',
          MessageDeduplicationId: 'poison',
          SentTimestamp: `${START + 30_000}`,
          DeadLetterQueueSourceArn: `${ARN}:Work.fifo`,
        },
      ]);
    });
  });
});
