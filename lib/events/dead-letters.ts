import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

/** Creates a queue for events that failed all retries. It is encrypted, requires TLS, and keeps messages for two weeks. */
export const deadLetterQueue = (scope: Construct, id: string): Queue => {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  const reason = 'It is a dead-letter queue. A message in it raises an alarm, and an operator handles it.';
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason }, { id: 'Serverless-SQSRedrivePolicy', reason });
  acceptFindingsOfCheckov(queue, {
    id: 'CKV_AWS_27',
    reason:
      'It is encrypted with the key of the service, which the rule does not see. Its messages contain no payload.',
  });
  return queue;
};
