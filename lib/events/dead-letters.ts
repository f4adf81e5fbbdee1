import { Duration, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { FunctionName, ResumingFunction, Variables } from '../../lambda/contract/variables.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

/** Functions of every environment whose work is kept in a dead-letter queue if it fails. */
export type DeadLetterFunction = Extract<FunctionName, 'publish' | 'expire' | 'complete-upload' | 'revoke-callbacks'>;

/** A value for each dead-letter queue by the name of its function. Functions that resume workflows may not exist. */
export type ByDeadLetterFunction<T> = Readonly<Record<DeadLetterFunction, T>> &
  Readonly<Partial<Record<ResumingFunction, T>>>;

/** The dead-letter queues by the names of their functions. */
export type DeadLetterQueues = ByDeadLetterFunction<IQueue>;

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
export const mapValues = <T, R>(
  values: { readonly [name: string]: T },
  map: (value: T) => R,
): Readonly<Record<string, R>> => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));

/** Properties of every queue: encrypted, only over TLS, with messages kept for two weeks, the longest time. */
export const QUEUE_PROPS = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: Duration.days(14),
} as const satisfies QueueProps;

/**
 * Creates a queue for events that failed all retries.
 * @param kind `fifo` for the letters of a FIFO queue, which no other queue takes
 */
export const deadLetterQueue = (scope: Construct, id: string, kind: 'standard' | 'fifo' = 'standard'): Queue => {
  const queue = new Queue(scope, id, { ...QUEUE_PROPS, ...(kind === 'fifo' && { fifo: true }) });
  const reason = 'It is a dead-letter queue. A message in it raises an alarm, and an operator handles it.';
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason }, { id: 'Serverless-SQSRedrivePolicy', reason });
  acceptServiceKey(queue);
  return queue;
};

/** Accepts that the service encrypts a queue with its own key. */
export const acceptServiceKey = (queue: Queue): void =>
  acceptFindingsOfCheckov(queue, {
    id: 'CKV_AWS_27',
    reason:
      'It is encrypted with the key of the service, which the rule does not see. Its messages contain no payload.',
  });
