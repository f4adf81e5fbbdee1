import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isNamed } from './transaction-conflicts.ts';

/** Result of a conditional write. */
export type ConditionalWrite<T> =
  | { readonly written: true; readonly output: T }
  | {
      readonly written: false;
      /** The stored item, if the command has `ReturnValuesOnConditionCheckFailure: 'ALL_OLD'` and the item exists. */
      readonly item: Readonly<Record<string, AttributeValue>> | undefined;
      /**
       * Requests that the SDK sent. An earlier one may have succeeded without its response reaching us. Our own client does
       * not tell.
       */
      readonly attempts: number;
    };

/** Members of the error, from our client or from the SDK's. */
interface FailedCondition {
  readonly Item?: Readonly<Record<string, AttributeValue>>;
  readonly $metadata?: { readonly attempts?: number };
}

/**
 * Sends one conditional write.
 * @throws every error except a failed condition
 */
export const writeConditionally = async <T>(write: () => Promise<T>): Promise<ConditionalWrite<T>> => {
  try {
    return { written: true, output: await write() };
  } catch (error) {
    if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
    const { $metadata, Item }: Error & FailedCondition = error;
    return { written: false, item: Item, attempts: $metadata?.attempts ?? 1 };
  }
};
