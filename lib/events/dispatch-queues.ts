import { Duration, Lazy, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DispatchSettings } from '../../lambda/contract/dispatch.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import { dispatchQueuePrefix } from '../names.ts';
import { deadLetterQueue, encryptedWith, grantReadMessages, grantSendMessages, QUEUE_PROPS } from './dead-letters.ts';

/** A processor that work is sent to. */
interface DispatchedProcessor {
  readonly id: string;
  readonly settings: DispatchSettings;
}

export interface DispatchQueuesProps {
  readonly environmentName: string;
  readonly processors: readonly DispatchedProcessor[];
  /** Seconds for which an attempt holds its task. */
  readonly leaseSeconds: number;
}

/**
 * Receives of a message until SQS moves it to the dead letters. A message is only a hint: the sweep sends another one, so that a
 * letter loses no task.
 */
const MAX_RECEIVES = 10;

/** Seconds for which a message is hidden after the lease of an attempt: then the next receive finds that the attempt is over. */
const HIDDEN_AFTER_LEASE_SECONDS = 30;

/**
 * Shorter than that of the dead letters, whose age counts from the moment when the message was sent first.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
const RETENTION = Duration.days(4);

/**
 * A queue for each processor that work is sent to. Each has its own mapping, so that a slow processor delays no other one. A
 * message has a task id and two numbers. The key costs about 1 USD a month, and each idle queue about 0.30 USD.
 */
export class DispatchQueues extends Construct {
  /** Events that the dispatcher could not process. */
  readonly deadLetters: Queue;
  /** The queues by the ids of their processors. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** Encrypts all messages, those of the dead letters too. */
  readonly #key: Key;
  readonly #prefix: string;
  readonly #processors: readonly DispatchedProcessor[];
  /** ARNs of the roles that may send. */
  readonly #senders: string[] = [];

  constructor(scope: Construct, id: string, { environmentName, leaseSeconds, processors }: DispatchQueuesProps) {
    super(scope, id);
    this.#prefix = dispatchQueuePrefix(environmentName);
    this.#processors = processors;
    // It is deleted with the queues: a message can be made again from its task.
    this.#key = new Key(this, 'Key', {
      description: 'Encrypts the messages about tasks that Postern sends to processors',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', { encryptionKey: this.#key });
    const ofProcessors = new Construct(this, 'Of');
    this.queues = new Map(
      processors.map(({ id: processor }) => {
        const queue = new Queue(ofProcessors, processor, {
          ...QUEUE_PROPS,
          ...encryptedWith(this.#key),
          queueName: `${this.#prefix}${processor}`,
          retentionPeriod: RETENTION,
          visibilityTimeout: Duration.seconds(leaseSeconds + HIDDEN_AFTER_LEASE_SECONDS),
          deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
        });
        queue.addToResourcePolicy(
          new PolicyStatement({
            effect: Effect.DENY,
            principals: [new AnyPrincipal()],
            actions: ['sqs:SendMessage'],
            resources: [queue.queueArn],
            conditions: { ArnNotEquals: { 'aws:PrincipalArn': Lazy.list({ produce: () => this.#senders }) } },
          }),
        );
        return [processor, queue] as const;
      }),
    );
  }

  /** Lets a function send messages to all queues. The policies of the queues deny it to other principals. */
  grantSend(grantee: IGrantable & { readonly roleArn: string }): Pick<Variables<'dispatch'>, 'DISPATCH_QUEUE_PREFIX'> {
    this.#senders.push(grantee.roleArn);
    this.grant(grantee, ['sqs:SendMessage']);
    grantSendMessages(this.#key, grantee);
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
    const { account, region, urlSuffix } = Stack.of(this);
    return { DISPATCH_QUEUE_PREFIX: `https://sqs.${region}.${urlSuffix}/${account}/${this.#prefix}` };
  }

  /** Lets the mappings of a function take messages from all queues, with the role of the function. */
  grantWork(grantee: IGrantable): void {
    this.grant(grantee, ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']);
    grantReadMessages(this.#key, grantee);
  }

  /** Connects all queues to the dispatcher. Call `grantWork` first. */
  feed(dispatch: PosternFunction<'dispatch'>): void {
    const mappings = new Construct(this, 'Mappings');
    for (const { id, settings } of this.#processors) {
      const queue = this.queues.get(id);
      if (queue === undefined) continue;
      const mapping = new EventSourceMapping(mappings, id, {
        target: dispatch.alias,
        eventSourceArn: queue.queueArn,
        // A processor that is slow for one task delays no other task.
        batchSize: 1,
        reportBatchItemFailures: true,
        maxConcurrency: settings.concurrency,
      });
      // Lambda checks the role's permissions when the mapping is created.
      mapping.node.addDependency(dispatch.role);
      Validations.of(mapping).acknowledge({
        id: 'Serverless-LambdaEventSourceMappingDestination',
        reason:
          'A queue has no destination of its mapping: a message that fails stays, and its queue has dead letters.',
      });
    }
  }

  private grant(grantee: IGrantable, actions: string[]): void {
    // The ARNs of many queues would not fit into a policy.
    const arn = Stack.of(this).formatArn({ service: 'sqs', resource: `${this.#prefix}*` });
    Grant.addToPrincipal({ grantee, actions, resourceArns: [arn] });
  }
}
