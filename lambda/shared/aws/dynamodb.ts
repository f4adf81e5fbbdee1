import { randomUUID } from 'node:crypto';
import type {
  DeleteItemCommandInput,
  GetItemCommandInput,
  GetItemCommandOutput,
  PutItemCommandInput,
  QueryCommandInput,
  QueryCommandOutput,
  TransactWriteItemsCommandInput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { countStoreRequest } from '../log/store-requests.ts';
import { createJsonClient, type JsonClientOptions } from './json-client.ts';

/** DynamoDB's operations that stores call, under their AWS names. */
export interface DynamoDBCalls {
  readonly GetItem: { readonly input: GetItemCommandInput; readonly output: Pick<GetItemCommandOutput, 'Item'> };
  readonly DeleteItem: { readonly input: DeleteItemCommandInput; readonly output: object };
  readonly PutItem: { readonly input: PutItemCommandInput; readonly output: object };
  readonly Query: {
    readonly input: QueryCommandInput;
    readonly output: Pick<QueryCommandOutput, 'Count' | 'Items' | 'LastEvaluatedKey'>;
  };
  readonly UpdateItem: {
    readonly input: UpdateItemCommandInput;
    readonly output: Pick<UpdateItemCommandOutput, 'Attributes'>;
  };
  readonly TransactWriteItems: { readonly input: TransactWriteItemsCommandInput; readonly output: object };
}

/**
 * Calls DynamoDB, with our client or with the SDK's.
 * @throws {Error} whose `name` is DynamoDB's error code, with `CancellationReasons` for a cancelled transaction, and with
 * `Item` for a failed condition if the input asks for the stored item
 */
export type CallDynamoDB = <N extends keyof DynamoDBCalls>(
  operation: N,
  input: DynamoDBCalls[N]['input'],
) => Promise<DynamoDBCalls[N]['output']>;

/** Creates a DynamoDB client without the SDK. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html */
export const createDynamoDBClient = (options: JsonClientOptions): CallDynamoDB => {
  const call = createJsonClient(
    {
      name: 'dynamodb',
      target: 'DynamoDB_20120810',
      contentType: 'application/x-amz-json-1.0',
      parse: parseAttributes,
      onAttempt: countStoreRequest,
    },
    options,
  );
  return (operation, input) =>
    call(operation, JSON.stringify(encodeBinary(withRequestToken(operation, input)))) as Promise<never>;
};

/**
 * Adds a random token to a transaction, the same for all attempts of one call: if a response is lost, the next attempt
 * succeeds without writing again. The token is never derived from the request, because two identical callbacks are two uses.
 */
const withRequestToken = (operation: keyof DynamoDBCalls, input: object): object =>
  operation === 'TransactWriteItems' ? { ClientRequestToken: randomUUID(), ...input } : input;

/** Encodes binary values as base64, as the protocol requires. */
const encodeBinary = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  if (Array.isArray(value)) return value.map(encodeBinary);
  const encoded: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) encoded[name] = encodeBinary(member);
  return encoded;
};

const parseAttributes = (text: string): unknown =>
  text.includes('"B":"') ? JSON.parse(text, decodeBinary) : JSON.parse(text);

/** Only the type descriptor `B` holds a string. An attribute that is named `B` holds an object. */
const decodeBinary = (name: string, value: unknown): unknown =>
  name === 'B' && typeof value === 'string' ? Buffer.from(value, 'base64') : value;
