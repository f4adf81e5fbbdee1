import {
  type DynamoDBClient,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { CallDynamoDB, DynamoDBCalls } from './dynamodb.ts';

type Calls = {
  readonly [N in keyof DynamoDBCalls]: (input: DynamoDBCalls[N]['input']) => Promise<DynamoDBCalls[N]['output']>;
};

/** Makes the same calls with the SDK's client, for functions that need the SDK anyway. */
export const callBySdk = (client: Pick<DynamoDBClient, 'send'>): CallDynamoDB => {
  const calls: Calls = {
    GetItem: (input) => client.send(new GetItemCommand(input)),
    UpdateItem: (input) => client.send(new UpdateItemCommand(input)),
    TransactWriteItems: (input) => client.send(new TransactWriteItemsCommand(input)),
  };
  return (operation, input) => calls[operation](input);
};
