import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { FunctionName, Variables } from '../../lambda/contract/variables.ts';
import type { OptionalFunction } from '../functions/gateway-functions.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

/** Functions of every environment whose work is kept in a dead-letter queue if it fails. */
export type DeadLetterFunction = Extract<FunctionName, 'publish' | 'expire' | 'complete-upload' | 'revoke-callbacks'>;

/** A value for each dead-letter queue by the name of its function. Some functions may not exist. */
export type ByDeadLetterFunction<T> = Readonly<Record<DeadLetterFunction, T>> &
  Readonly<Partial<Record<OptionalFunction, T>>>;

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
  const all = Object.values(queues);
  Grant.addToPrincipal({ grantee, actions, resourceArns: all.map(({ queueArn }) => queueArn) });
  for (const { encryptionMasterKey: key } of all) if (key !== undefined) grantReadMessages(key, grantee);
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
 * Properties of a queue that a key of its own encrypts. A data key is used for an hour: with 5 minutes, the default, requests to KMS
 * would cost 12 times as much.
 */
export const encryptedWith = (key: IKey) =>
  ({
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    dataKeyReuse: Duration.hours(1),
  }) as const satisfies QueueProps;

export interface DeadLetterQueueOptions {
  /** @default - the key of the service */
  readonly encryptionKey?: IKey;
  /** True for the letters of a FIFO queue, which no other queue takes. @default false */
  readonly isFifo?: boolean;
}

/** Creates a queue for events that failed all retries. */
export const deadLetterQueue = (
  scope: Construct,
  id: string,
  { encryptionKey, isFifo = false }: DeadLetterQueueOptions = {},
): Queue => {
  const queue = new Queue(scope, id, {
    ...QUEUE_PROPS,
    ...(isFifo && { fifo: true }),
    ...(encryptionKey !== undefined && encryptedWith(encryptionKey)),
  });
  const reason = 'It is a dead-letter queue. A message in it raises an alarm, and an operator handles it.';
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason }, { id: 'Serverless-SQSRedrivePolicy', reason });
  if (encryptionKey === undefined) acceptServiceKey(queue);
  return queue;
};

/** Lets a principal receive messages of queues that this key encrypts. */
export const grantReadMessages = (key: IKey, grantee: IGrantable): void => grantKey(key, grantee, ['kms:Decrypt']);

/**
 * Lets a principal send messages to queues that this key encrypts.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
export const grantSendMessages = (key: IKey, grantee: IGrantable): void =>
  grantKey(key, grantee, ['kms:Decrypt', 'kms:GenerateDataKey']);

const grantKey = (key: IKey, grantee: IGrantable, actions: string[]): void => {
  const viaService = `sqs.${Stack.of(key).region}.amazonaws.com`;
  const conditions = { StringEquals: { 'kms:ViaService': viaService } };
  Grant.addToPrincipal({ grantee, actions, resourceArns: [key.keyArn], conditions });
};

/** Lets a principal send messages to a queue. */
export const grantSend = (queue: IQueue, grantee: IGrantable): void => {
  Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [queue.queueArn] });
  if (queue.encryptionMasterKey !== undefined) grantSendMessages(queue.encryptionMasterKey, grantee);
};

/** Accepts that the service encrypts a queue with its own key. */
export const acceptServiceKey = (queue: Queue): void =>
  acceptFindingsOfCheckov(queue, {
    id: 'CKV_AWS_27',
    reason:
      'It is encrypted with the key of the service, which the rule does not see. Its messages contain no payload.',
  });
