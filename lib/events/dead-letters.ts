import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

/** Where that lands which could not be worked on after all its retries: encrypted, over TLS alone, for two weeks. */
export const deadLetterQueue = (scope: Construct, id: string): Queue => {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  const reason = 'It is where dead letters end: what lies in it raises an alarm and is looked at by hand.';
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason }, { id: 'Serverless-SQSRedrivePolicy', reason });
  acceptFindingsOfCheckov(queue, {
    id: 'CKV_AWS_27',
    reason:
      'It is encrypted, with the key of the service, which the rule does not see. What lies there has no payload.',
  });
  return queue;
};
