import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { countStoreRequest } from '../log/store-requests.ts';
import { DYNAMODB_CONFIGURATION } from './client-configuration.ts';
import type { CallDynamoDB, DynamoDBCalls } from './dynamodb.ts';

type Calls = {
  readonly [N in keyof DynamoDBCalls]: (input: DynamoDBCalls[N]['input']) => Promise<DynamoDBCalls[N]['output']>;
};

/** Makes the same calls with the SDK's client, for functions that need the SDK anyway. */
export const callBySdk = (client: Pick<DynamoDBClient, 'send'>): CallDynamoDB => {
  const calls: Calls = {
    GetItem: (input) => client.send(new GetItemCommand(input)),
    Query: (input) => client.send(new QueryCommand(input)),
    DeleteItem: (input) => client.send(new DeleteItemCommand(input)),
    PutItem: (input) => client.send(new PutItemCommand(input)),
    UpdateItem: (input) => client.send(new UpdateItemCommand(input)),
    TransactWriteItems: (input) => client.send(new TransactWriteItemsCommand(input)),
  };
  return (operation, input) => calls[operation](input);
};

/** Creates the SDK's client of a function behind the load balancer. It counts its requests for the log line. */
export const createCountedClient = (): DynamoDBClient => countRequests(new DynamoDBClient(DYNAMODB_CONFIGURATION));

/** Makes a client count its requests. The step is inside the one that retries, so each attempt counts. */
export const countRequests = (client: DynamoDBClient): DynamoDBClient => {
  client.middlewareStack.add(
    (next) => (args) => {
      countStoreRequest();
      return next(args);
    },
    { step: 'finalizeRequest', name: 'countStoreRequest', priority: 'low' },
  );
  return client;
};
