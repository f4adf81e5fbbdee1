import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { REGISTRY_FILE, type Registry } from '../../contract/registry.ts';
import { readVariables } from '../../contract/variables.ts';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { createDynamoDBClient } from '../../shared/aws/dynamodb.ts';
import { createDispatchQueues, queueUrlsOf } from '../../shared/dispatch/dispatch-queues.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import {
  answerBatch,
  type ChangeRecord,
  readRecords,
  type StreamBatchResponse,
} from '../../shared/tables/stream-records.ts';
import { createDynamoDBInputStore } from './input-store.ts';
import { createOutcomeQueue } from './outcome-queue.ts';
import { createDispatchQueuer } from './queue-dispatches.ts';
import { createOutcomeQueuer } from './queue-outcomes.ts';

const variables = readVariables('queue-outcomes', process.env);
const { DISPATCH_QUEUE_PREFIX: prefix, LOOKUPS_TABLE: lookupsTable, OUTCOME_QUEUE_URL: outcomes } = variables;

// The endpoint comes from the configuration, as for all clients, and not from the queue's URL.
const client = new SQSClient({ ...CLIENT_CONFIGURATION, useQueueUrlAsEndpoint: false });
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'queue-outcomes', toStandardOutput);

const readRegistry = (): Registry => JSON.parse(readFileSync(join(__dirname, REGISTRY_FILE), 'utf8'));

/** Each does its part of the same batch. A part that is done again changes nothing. */
const queuers = [
  ...(outcomes === undefined ? [] : [createOutcomeQueuer({ queue: createOutcomeQueue(client, outcomes), logger })]),
  ...(prefix === undefined || lookupsTable === undefined
    ? []
    : [
        createDispatchQueuer({
          queues: createDispatchQueues(client, queueUrlsOf(prefix, readRegistry())),
          inputs: createDynamoDBInputStore(createDynamoDBClient({ environment: process.env }), lookupsTable),
          logger,
        }),
      ]),
];

/** Returns the sequence number of the first change that one of them could not handle. */
const queueAll = async (records: readonly ChangeRecord[]): Promise<string | undefined> => {
  const failed = await Promise.all(queuers.map((queue) => queue(records)));
  return records.find(({ sequenceNumber }) => failed.includes(sequenceNumber))?.sequenceNumber;
};

/** Handles batches of the tasks table's stream. */
export const handler = async (event: unknown): Promise<StreamBatchResponse> =>
  answerBatch(await queueAll(readRecords(event)));
