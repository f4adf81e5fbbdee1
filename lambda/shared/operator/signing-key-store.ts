import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type PublicSigningKey, SIGNING_KEYS_TABLE } from '../../contract/signing-keys.ts';
import { callBySdk } from '../aws/dynamodb-sdk.ts';
import { transact } from '../aws/transact-write.ts';
import type { ConflictRetries } from '../aws/transaction-conflicts.ts';
import { readSigningKeys } from '../signing-keys/read-signing-keys.ts';
import type { AuditLog } from './audit-log.ts';

/** Keys that sign callback tokens, as operators read and retire them. Methods reject if a table is unavailable. */
export interface SigningKeyStore {
  /** Returns all keys of the table, the oldest first. */
  list(): Promise<readonly PublicSigningKey[]>;
  /**
   * Writes the retirement and the audit item: both or nothing.
   * @param retiredAt seconds since 1970
   * @returns false if the key was retired before, or has been deleted; then nothing is written
   */
  retire(
    key: Pick<PublicSigningKey, 'purpose' | 'generation'>,
    retiredAt: number,
    audit: ReturnType<AuditLog['put']>,
  ): Promise<boolean>;
}

export interface DynamoDBSigningKeyStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly signingKeysTable: string;
}

export const createDynamoDBSigningKeyStore = (options: DynamoDBSigningKeyStoreOptions): SigningKeyStore => {
  const { signingKeysTable: table } = options;
  const call = callBySdk(options.client);
  return {
    list: () => readSigningKeys(call, table),

    // The request names no other attribute and asks for no values: IAM allows the role nothing else.
    retire: async ({ generation, purpose }, retiredAt, audit) => {
      const { partitionKey, sortKey } = SIGNING_KEYS_TABLE;
      const reasons = await transact(
        call,
        [
          {
            Update: {
              TableName: table,
              Key: { [partitionKey]: { S: purpose }, [sortKey]: { N: String(generation) } },
              UpdateExpression: 'SET retiredAt = :now',
              ConditionExpression: `attribute_exists(${partitionKey}) AND attribute_not_exists(retiredAt)`,
              ExpressionAttributeValues: { ':now': { N: String(retiredAt) } },
            },
          },
          audit,
        ],
        options,
      );
      return reasons === undefined;
    },
  };
};
