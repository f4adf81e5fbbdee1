import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A change of the tasks table or the audit table, in the order of its shard. */
export interface ChangeRecord {
  readonly sequenceNumber: string;
  readonly streamArn?: string;
  /** True if the item existed before. */
  readonly isModification?: boolean;
  /** The item after the change. */
  readonly image: Readonly<Record<string, AttributeValue>>;
}
