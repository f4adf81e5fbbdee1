import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { REGISTRY_FILE, type Registry } from '../../contract/registry.ts';
import { RESUME_TARGETS_FILE, type ResumeTargets } from '../../contract/resume.ts';
import { readVariables } from '../../contract/variables.ts';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { createDynamoDBClient } from '../../shared/aws/dynamodb.ts';
import { createKmsCall } from '../../shared/aws/kms-call.ts';
import { createDecrypt } from '../../shared/aws/kms-decrypt.ts';
import { wait } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createConnectWorkflow } from './connect-workflow.ts';
import { createDecryptToken } from './decrypt-token.ts';
import { createDropUnreadable } from './drop-unreadable.ts';
import { createDynamoDBHeartbeatStore } from './dynamodb-heartbeat-store.ts';
import { createDynamoDBResumeStore } from './dynamodb-resume-store.ts';
import { fromQueue } from './from-queue.ts';
import { createResumeWorkflow } from './resume-workflow.ts';
import { createAssumeRole } from './role-credentials.ts';
import { createS3PayloadObjects } from './s3-payload-objects.ts';
import { createSendHeartbeat } from './send-heartbeat.ts';
import { createSqsOutcomeMessages } from './sqs-outcome-messages.ts';
import { createTellOutcome } from './tell-outcome.ts';

const variables = readVariables('resume', process.env);
const environment = variables.POSTERN_ENVIRONMENT;

const readFile = <T>(name: string): T => JSON.parse(readFileSync(join(__dirname, name), 'utf8')) as T;
const targets = readFile<ResumeTargets>(RESUME_TARGETS_FILE);
const dynamodb = createDynamoDBClient({ environment: process.env });
const logger = createLogger(environment, 'resume', toStandardOutput);
const store = createDynamoDBResumeStore({
  dynamodb,
  tasksTable: variables.TASKS_TABLE,
  wait,
  random: Math.random,
});
const shared = {
  targets,
  decryptToken: createDecryptToken(
    createDecrypt(createKmsCall({ environment: process.env })),
    variables.RESUME_KEY_ID,
    environment,
  ),
  connect: createConnectWorkflow(
    createAssumeRole(new STSClient(CLIENT_CONFIGURATION), `postern-${environment}`, Date.now),
  ),
  now: Date.now,
};

const messages = createSqsOutcomeMessages(
  // The endpoint comes from the configuration, as for all clients, and not from the queue's URL.
  new SQSClient({ ...CLIENT_CONFIGURATION, useQueueUrlAsEndpoint: false }),
  { queue: variables.OUTCOME_QUEUE_URL, deadLetters: variables.DEAD_LETTER_QUEUE_URL },
);
const resume = createResumeWorkflow({
  store,
  messages,
  tellOutcome: createTellOutcome({
    ...shared,
    origin: variables.POSTERN_ORIGIN,
    registry: readFile<Registry>(REGISTRY_FILE),
    store,
    payloads: createS3PayloadObjects(new S3Client(CLIENT_CONFIGURATION), variables.PAYLOAD_BUCKET),
  }),
  sendHeartbeat: createSendHeartbeat({
    ...shared,
    heartbeats: createDynamoDBHeartbeatStore(dynamodb, variables.LOOKUPS_TABLE),
  }),
  logger,
  now: Date.now,
  random: Math.random,
});

/** Handles messages of the queue of outcomes, and its dead letters again. */
export const handler = fromQueue({ resume, drop: createDropUnreadable(messages, logger) }, Date.now);
