import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';
import { queueNameOf } from '../template/physical-ids.ts';

export const QUEUE_TYPE = 'AWS::SQS::Queue';

/** The properties of a queue, with the defaults of SQS filled in. */
export interface QueueDefinition {
  readonly name: string;
  readonly isFifo: boolean;
  /** True if the hash of a body is its deduplication id where the sender gives none. */
  readonly deduplicatesByContent: boolean;
  /** What two messages with one deduplication id must share to be one message. */
  readonly deduplicationScope: 'queue' | 'messageGroup';
  /** Seconds for which a received message is hidden. */
  readonly visibilityTimeout: number;
  /** Seconds that a receive waits for a message. */
  readonly receiveWait: number;
  readonly maximumMessageBytes: number;
  /** Where a message goes instead of being received once more, after `maxReceiveCount` receives. */
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined;
}

/** Largest body, of a message and of a batch in all. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** Longest visibility timeout: 12 hours, in seconds. */
export const MAX_VISIBILITY_TIMEOUT = 43_200;

/** Longest delay of a message: 15 minutes, in seconds. */
export const MAX_DELAY = 900;

const range = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const RedrivePolicy = v.strictObject({
  deadLetterTargetArn: v.string(),
  maxReceiveCount: v.pipe(v.union([v.number(), v.string()]), v.transform(Number), range(1, 1_000)),
});

/** Strict: refuses what SQS would do and this machine does not. */
const Properties = v.strictObject({
  QueueName: v.optional(v.pipe(v.string(), v.regex(/^(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?$/))),
  FifoQueue: v.optional(v.boolean(), false),
  ContentBasedDeduplication: v.optional(v.boolean(), false),
  DeduplicationScope: v.optional(v.picklist(['queue', 'messageGroup']), 'queue'),
  VisibilityTimeout: v.optional(range(0, MAX_VISIBILITY_TIMEOUT), 30),
  ReceiveMessageWaitTimeSeconds: v.optional(range(0, 20), 0),
  MaximumMessageSize: v.optional(range(1_024, MAX_MESSAGE_BYTES), MAX_MESSAGE_BYTES),
  RedrivePolicy: v.optional(RedrivePolicy),
  // Here messages stay until they are deleted.
  MessageRetentionPeriod: v.optional(range(60, 1_209_600)),
  // Only speed.
  FifoThroughputLimit: v.optional(v.string()),
  // Who may name this queue as its dead-letter queue, and how SQS keeps messages.
  RedriveAllowPolicy: v.optional(v.unknown()),
  KmsMasterKeyId: v.optional(v.string()),
  KmsDataKeyReusePeriodSeconds: v.optional(v.number()),
  SqsManagedSseEnabled: v.optional(v.boolean()),
  Tags: v.optional(v.unknown()),
});

/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
 * @throws {Error} naming the queue and the property that is wrong or not done here
 */
export const readQueue = ({ logicalId, properties }: ResolvedResource): QueueDefinition => {
  const refuse = (what: string): Error => new Error(`Queue ${logicalId}: ${what}`);
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw refuse(`${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
  }
  const output = parsed.output;
  const isFifo = output.FifoQueue;
  const name = queueNameOf({ logicalId, property: (property) => properties[property] });
  if (isFifo !== isFifoName(name)) throw refuse('QueueName: names of FIFO queues, and only these, end in ".fifo".');
  if (!isFifo && (output.ContentBasedDeduplication || output.DeduplicationScope !== 'queue')) {
    throw refuse('Only a FIFO queue deduplicates.');
  }
  const redrive = output.RedrivePolicy;
  if (redrive !== undefined && isFifo !== isFifoName(redrive.deadLetterTargetArn)) {
    throw refuse('RedrivePolicy: the dead-letter queue of a FIFO queue, and only of one, is a FIFO queue.');
  }
  return {
    name,
    isFifo,
    deduplicatesByContent: output.ContentBasedDeduplication,
    deduplicationScope: output.DeduplicationScope,
    visibilityTimeout: output.VisibilityTimeout,
    receiveWait: output.ReceiveMessageWaitTimeSeconds,
    maximumMessageBytes: output.MaximumMessageSize,
    redrive: redrive && { deadLetterArn: redrive.deadLetterTargetArn, maxReceiveCount: redrive.maxReceiveCount },
  };
};

const isFifoName = (nameOrArn: string): boolean => nameOrArn.endsWith('.fifo');
