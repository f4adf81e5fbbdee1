import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A change of the tasks table, in the order of its shard. */
export interface ChangeRecord {
  readonly sequenceNumber: string;
  readonly streamArn?: string;
  /** The item after the change. */
  readonly image: Readonly<Record<string, AttributeValue>>;
}
