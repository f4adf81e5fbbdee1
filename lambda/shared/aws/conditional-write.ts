import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

/** Result of a conditional write. */
export type ConditionalWrite<T> =
  | { readonly written: true; readonly output: T }
  | {
      readonly written: false;
      /** The stored item, if the command has `ReturnValuesOnConditionCheckFailure: 'ALL_OLD'` and the item exists. */
      readonly item: Readonly<Record<string, AttributeValue>> | undefined;
      /** Requests that the SDK sent. An earlier one may have succeeded without its response reaching us. */
      readonly attempts: number;
    };

/**
 * Sends one conditional write by the AWS SDK.
 * @throws every error except a failed condition
 */
export const writeConditionally = async <T>(write: () => Promise<T>): Promise<ConditionalWrite<T>> => {
  try {
    return { written: true, output: await write() };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { written: false, item: error.Item, attempts: error.$metadata.attempts ?? 1 };
  }
};
