import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readVariables } from '../../contract/variables.ts';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createDeadLetterQueue, KEPT_LETTER } from './dead-letter-queue.ts';
import { createEventBus } from './event-bus.ts';
import { createPublisher } from './publish-records.ts';
import { fromStream } from './stream.ts';

/** No client waits for a response, so a short outage of EventBridge is retried here and not with the whole batch. */
const MAX_ATTEMPTS = 6;

const variables = readVariables('publish', process.env);

const shared = {
  origin: variables.POSTERN_ORIGIN,
  bus: createEventBus(
    new EventBridgeClient({ ...CLIENT_CONFIGURATION, maxAttempts: MAX_ATTEMPTS }),
    variables.EVENT_BUS_NAME,
  ),
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'publish', toStandardOutput),
};
const deadLetters = createDeadLetterQueue(
  // The endpoint comes from the configuration, as for all clients, and not from the queue's URL.
  new SQSClient({ ...CLIENT_CONFIGURATION, useQueueUrlAsEndpoint: false }),
  variables.DEAD_LETTER_QUEUE_URL,
);

/** Handles batches of the tasks table's stream, and changes of the function `redrive`. */
export const handler = fromStream(
  createPublisher({ ...shared, deadLetters }),
  createPublisher({ ...shared, deadLetters: KEPT_LETTER }),
);
