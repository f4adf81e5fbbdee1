import type { CallDynamoDB } from '../aws/dynamodb.ts';
import { accessTokenKey } from '../tables/hashed-keys.ts';
import { recordOnce } from '../tables/record-once.ts';

/** Uses of access tokens, in an environment that accepts each token once. */
export interface AccessTokenUses {
  /**
   * Records the use of a token. Rejects if the store does not answer.
   * @param expiresAt seconds since 1970 from which the token is refused as expired
   * @returns false if the token was used before
   */
  record(iss: string, id: string, expiresAt: number): Promise<boolean>;
}

/** Creates the record of uses in the lookups table, shared by all instances. */
export const createDynamoDBAccessTokenUses = (dynamodb: CallDynamoDB, lookupsTable: string): AccessTokenUses => ({
  record: (iss, id, expiresAt) => recordOnce(dynamodb, lookupsTable, accessTokenKey(iss, id), expiresAt),
});
