import { expect } from 'vitest';
import { Queues } from '../../../local/stand-ins/sqs-queues.ts';
import { test } from '../../support/unit-fixtures.ts';

test('a dead-letter queue that does not exist is named', ({ ownFolder }) => {
  const queues = new Queues(ownFolder, 'eu-west-1', '000000000000');
  const deadLetterTargetArn = 'arn:aws:sqs:eu-west-1:000000000000:Letters';
  const ensure = (logicalId: string, properties: Readonly<Record<string, unknown>>) =>
    queues.ensureQueue({ logicalId, type: 'AWS::SQS::Queue', properties });
  ensure('Work', { RedrivePolicy: { deadLetterTargetArn, maxReceiveCount: 2 } });
  expect(() => queues.assertDeadLetterQueues()).toThrow(
    `Queue Work: there is no dead-letter queue ${deadLetterTargetArn}.`,
  );
  ensure('Letters', {});
  expect(() => queues.assertDeadLetterQueues()).not.toThrow();
});
