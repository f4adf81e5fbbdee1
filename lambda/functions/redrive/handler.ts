import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { RedriveRequest } from '../../contract/redrive.ts';
import { readVariables } from '../../contract/variables.ts';
import { CLIENT_CONFIGURATION, DYNAMODB_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { wait } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import {
  createSqsDeadLetterQueues,
  LONG_POLL_TIMEOUT_MILLISECONDS,
} from '../../shared/operator/sqs-dead-letter-queues.ts';
import { createDynamoDBChanges } from './dynamodb-changes.ts';
import { createLambdaFunctions } from './functions.ts';
import { createRedo } from './redo.ts';
import { createRedriver } from './redrive.ts';
import { createSqsRemoval } from './sqs-removal.ts';

const variables = readVariables('redrive', process.env);

/** Longer than the timeout of every function whose result is awaited. */
const CALL_TIMEOUT_MILLISECONDS = 65_000;

const { requestHandler } = CLIENT_CONFIGURATION;
const sqs = new SQSClient({
  ...CLIENT_CONFIGURATION,
  requestHandler: { ...requestHandler, requestTimeout: LONG_POLL_TIMEOUT_MILLISECONDS },
  // The endpoint comes from the configuration, as for all clients, and not from the queue's URL.
  useQueueUrlAsEndpoint: false,
});
const lambda = new LambdaClient({
  // One attempt: a repeat would do the work twice. The letter stays if the call fails.
  maxAttempts: 1,
  requestHandler: { ...requestHandler, requestTimeout: CALL_TIMEOUT_MILLISECONDS },
});

const redrive = createRedriver({
  queues: createSqsDeadLetterQueues(sqs, variables.DEAD_LETTER_QUEUES),
  redo: createRedo(
    createDynamoDBChanges({
      client: new DynamoDBClient(DYNAMODB_CONFIGURATION),
      streams: new DynamoDBStreamsClient(DYNAMODB_CONFIGURATION),
      tasksTable: variables.TASKS_TABLE,
    }),
    createLambdaFunctions(lambda, variables.DEAD_LETTER_FUNCTIONS),
  ),
  remove: createSqsRemoval(sqs, variables.DEAD_LETTER_QUEUES),
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'redrive', toStandardOutput),
  wait,
});

/** Handles an asynchronous call of the operator API. */
export const handler = (request: RedriveRequest, context: { getRemainingTimeInMillis(): number }): Promise<void> =>
  redrive(request, () => context.getRemainingTimeInMillis());
