import { SQSClient } from '@aws-sdk/client-sqs';
import { readVariables } from '../../contract/variables.ts';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { answerBatch, readRecords, type StreamBatchResponse } from '../../shared/tables/stream-records.ts';
import { createOutcomeQueue } from './outcome-queue.ts';
import { createOutcomeQueuer } from './queue-outcomes.ts';

const variables = readVariables('queue-outcomes', process.env);

const queueOutcomes = createOutcomeQueuer({
  queue: createOutcomeQueue(
    // The endpoint comes from the configuration, as for all clients, and not from the queue's URL.
    new SQSClient({ ...CLIENT_CONFIGURATION, useQueueUrlAsEndpoint: false }),
    variables.OUTCOME_QUEUE_URL ?? '',
  ),
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'queue-outcomes', toStandardOutput),
});

/** Handles batches of the tasks table's stream. */
export const handler = async (event: unknown): Promise<StreamBatchResponse> =>
  answerBatch(await queueOutcomes(readRecords(event)));
