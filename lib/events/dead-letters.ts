import { Duration, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { FunctionName, Variables } from '../../lambda/contract/variables.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

/** Functions whose work is kept in a dead-letter queue if it fails. */
export type DeadLetterFunction = Extract<FunctionName, 'publish' | 'expire' | 'complete-upload' | 'revoke-callbacks'>;

/** The dead-letter queues by the names of their functions. */
export type DeadLetterQueues = Readonly<Record<DeadLetterFunction, IQueue>>;

type QueueVariables = Pick<Variables<'redrive'>, 'DEAD_LETTER_QUEUES'>;

/** Lets a function look at dead letters: receive them, and make them visible again. */
export const grantLook = (queues: DeadLetterQueues, grantee: IGrantable): QueueVariables =>
  grant(queues, grantee, ['sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']);

/** Lets a function receive dead letters, and delete those whose work is done. */
export const grantProcess = (queues: DeadLetterQueues, grantee: IGrantable): QueueVariables =>
  grant(queues, grantee, ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage']);

const grant = (queues: DeadLetterQueues, grantee: IGrantable, actions: string[]): QueueVariables => {
  const resourceArns = Object.values(queues).map(({ queueArn }) => queueArn);
  Grant.addToPrincipal({ grantee, actions, resourceArns });
  return { DEAD_LETTER_QUEUES: mapValues(queues, ({ queueUrl }) => queueUrl) };
};

/** Returns an object with the same names. */
export const mapValues = <K extends string, T, R>(values: Readonly<Record<K, T>>, map: (value: T) => R): Record<K, R> =>
  Object.fromEntries(Object.entries<T>(values).map(([name, value]) => [name, map(value)])) as Record<K, R>;

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
