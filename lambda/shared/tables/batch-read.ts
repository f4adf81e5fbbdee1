import { type AttributeValue, BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CONFLICT_RETRIES } from '../../contract/call-limits.ts';
import { concurrently } from '../concurrently.ts';

export interface BatchReads {
  readonly client: Pick<DynamoDBClient, 'send'>;
  /** Waits a number of milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

type Item = Record<string, AttributeValue>;

/**
 * Items of one request.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
const MAX_KEYS = 100;

/** Requests at the same time: below the number of connections of the client. */
const CONCURRENT_READS = 24;

/**
 * Reads items by their keys, in any order. An item that does not exist is omitted.
 * @param isConsistent false: reads may be a moment old, and cost half
 * @throws {Error} if DynamoDB leaves keys unprocessed in every attempt, and every error of the client
 */
export const readBatches = async (
  reads: BatchReads,
  table: string,
  keys: readonly Item[],
  attributes: readonly string[],
  { isConsistent = true }: { readonly isConsistent?: boolean } = {},
): Promise<readonly Item[]> => {
  const found: Item[] = [];
  const batches = Array.from({ length: Math.ceil(keys.length / MAX_KEYS) }, (_, i) =>
    keys.slice(i * MAX_KEYS, (i + 1) * MAX_KEYS),
  );
  await concurrently(batches, CONCURRENT_READS, async (batch) => {
    found.push(...(await readBatch(reads, table, batch, attributes, isConsistent)));
  });
  return found;
};

const readBatch = async (
  { client, random, wait }: BatchReads,
  table: string,
  keys: readonly Item[],
  attributes: readonly string[],
  isConsistent: boolean,
): Promise<readonly Item[]> => {
  const found: Item[] = [];
  let left = keys;
  for (let attempt = 1; attempt <= CONFLICT_RETRIES.attempts; attempt += 1) {
    const { Responses: responses, UnprocessedKeys: unprocessed } = await client.send(
      new BatchGetItemCommand({
        RequestItems: {
          [table]: {
            Keys: [...left],
            ConsistentRead: isConsistent,
            ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
            ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
          },
        },
      }),
    );
    found.push(...(responses?.[table] ?? []));
    left = unprocessed?.[table]?.Keys ?? [];
    if (left.length === 0) return found;
    await wait(random() * CONFLICT_RETRIES.longestWaitMilliseconds);
  }
  throw new Error('DynamoDB has not processed all keys.');
};
