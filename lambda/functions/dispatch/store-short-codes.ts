import { toAttributes } from '../../shared/aws/attribute-values.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import type { ShortCodeRecord } from '../../shared/callbacks/callback-issuer.ts';

/** Stores records of short codes in the lookups table. The same token has the same code, so a repeat writes the same record. */
export const createStoreCodes =
  (dynamodb: CallDynamoDB, lookupsTable: string) =>
  async (codes: readonly ShortCodeRecord[]): Promise<void> => {
    await Promise.all(codes.map((code) => dynamodb('PutItem', { TableName: lookupsTable, Item: toAttributes(code) })));
  };
