import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readVariables } from '../../contract/variables.ts';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import { createEventBus } from './event-bus.ts';
import { createPublisher } from './publish-records.ts';
import { fromStream } from './stream.ts';

/** Nobody waits for an answer here: a bus that is away for a moment need not bring a batch again. */
const MAX_ATTEMPTS = 6;

const variables = readVariables('publish', process.env);

/** Publishes the tasks table's changes: a batch of its stream in, what has to come again out. */
export const handler = fromStream(
  createPublisher({
    origin: variables.POSTERN_ORIGIN,
    bus: createEventBus(
      new EventBridgeClient({ ...CLIENT_CONFIGURATION, maxAttempts: MAX_ATTEMPTS }),
      variables.EVENT_BUS_NAME,
    ),
    deadLetters: createDeadLetterQueue(
      // The endpoint is the configuration's, as for every other client, and never what a queue's URL says.
      new SQSClient({ ...CLIENT_CONFIGURATION, useQueueUrlAsEndpoint: false }),
      variables.DEAD_LETTER_QUEUE_URL,
    ),
    logger: createLogger(variables.POSTERN_ENVIRONMENT, 'publish', toStandardOutput),
  }),
);
