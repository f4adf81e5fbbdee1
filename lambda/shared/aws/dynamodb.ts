import { randomUUID } from 'node:crypto';
import type {
  GetItemCommandInput,
  GetItemCommandOutput,
  TransactWriteItemsCommandInput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { createJsonClient, type JsonClientOptions } from './json-client.ts';

/** The calls of DynamoDB that stores make, in its own words. */
export interface DynamoDBCalls {
  readonly GetItem: { readonly input: GetItemCommandInput; readonly output: Pick<GetItemCommandOutput, 'Item'> };
  readonly UpdateItem: {
    readonly input: UpdateItemCommandInput;
    readonly output: Pick<UpdateItemCommandOutput, 'Attributes'>;
  };
  readonly TransactWriteItems: { readonly input: TransactWriteItemsCommandInput; readonly output: object };
}

/**
 * Makes a call of DynamoDB, by whatever client.
 * @throws {Error} whose `name` is the code of DynamoDB's answer, with `CancellationReasons` where it cancelled a transaction
 */
export type CallDynamoDB = <N extends keyof DynamoDBCalls>(
  operation: N,
  input: DynamoDBCalls[N]['input'],
) => Promise<DynamoDBCalls[N]['output']>;

/** DynamoDB without the SDK. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html */
export const createDynamoDBClient = (options: JsonClientOptions): CallDynamoDB => {
  const call = createJsonClient(
    {
      name: 'dynamodb',
      target: 'DynamoDB_20120810',
      contentType: 'application/x-amz-json-1.0',
      parse: parseAttributes,
    },
    options,
  );
  return (operation, input) =>
    call(operation, JSON.stringify(encodeBinary(identified(operation, input)))) as Promise<never>;
};

/**
 * A transaction of its own for each call, and the same for all attempts of it: where an answer is lost, the next attempt
 * hears that all is written. Never made from the request: two identical callbacks are two.
 */
const identified = (operation: keyof DynamoDBCalls, input: object): object =>
  operation === 'TransactWriteItems' ? { ClientRequestToken: randomUUID(), ...input } : input;

/** Binary values are base64 on the wire. */
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

/** An attribute that is called B holds an object: only the type B holds a string. */
const decodeBinary = (name: string, value: unknown): unknown =>
  name === 'B' && typeof value === 'string' ? Buffer.from(value, 'base64') : value;
