import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ID_RANDOM_BYTES } from '../../contract/limits.ts';
import { REGISTRY_FILE, type Registry } from '../../contract/registry.ts';
import { readVariables } from '../../contract/variables.ts';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { createDynamoDBClient } from '../../shared/aws/dynamodb.ts';
import { createKmsCall } from '../../shared/aws/kms-call.ts';
import { createGenerateMac } from '../../shared/aws/kms-mac.ts';
import { createSecrets } from '../../shared/aws/secrets-cache.ts';
import { createTokenEncrypter } from '../../shared/callback-token/encrypt.ts';
import { createCallbackIssuer } from '../../shared/callbacks/callback-issuer.ts';
import { configuredSigner } from '../../shared/callbacks/configured-signer.ts';
import { createKmsShortCodes } from '../../shared/callbacks/short-code.ts';
import { wait } from '../../shared/clock.ts';
import { createDispatchQueues, queueUrlsOf } from '../../shared/dispatch/dispatch-queues.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createAdmission } from './admission.ts';
import { createAttemptQueues } from './attempt-queues.ts';
import { createDynamoDBBreakerStore } from './breaker-store.ts';
import { createCredentials } from './credentials.ts';
import { createDispatchTask } from './dispatch-task.ts';
import { createDynamoDBDispatchStore } from './dynamodb-dispatch-store.ts';
import { createEventHandler } from './from-queue.ts';
import { createDynamoDBInputs } from './inputs.ts';
import { createSignCallbacks } from './processor-request.ts';
import { createDynamoDBQueuedTasks } from './queued-tasks.ts';
import { createSendRequest } from './send-request.ts';
import { createDynamoDBSentProcessors } from './sent-processors.ts';
import { createStoreCodes } from './store-short-codes.ts';
import { createSweep } from './sweep.ts';

const variables = readVariables('dispatch', process.env);
const { EGRESS: egress, LOOKUPS_TABLE: lookupsTable, TASKS_TABLE: tasksTable } = variables;

const registry: Registry = JSON.parse(readFileSync(join(__dirname, REGISTRY_FILE), 'utf8'));
const now = Date.now;
const dynamodb = createDynamoDBClient({ environment: process.env });
const kms = createKmsCall({ environment: process.env });
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'dispatch', toStandardOutput);
// The endpoint comes from the configuration, as for all clients, and not from the queue's URL.
const sqs = new SQSClient({ ...CLIENT_CONFIGURATION, useQueueUrlAsEndpoint: false });
const { DISPATCH_QUEUE_PREFIX: prefix } = variables;
const queueUrls = prefix === undefined ? {} : queueUrlsOf(prefix, registry);
const getSigner = configuredSigner(variables, { dynamodb, kms, now });
const breakers = createDynamoDBBreakerStore({ dynamodb, lookupsTable, wait, random: Math.random });

const dispatch = createDispatchTask({
  registry,
  store: createDynamoDBDispatchStore({
    dynamodb,
    tasksTable,
    layout: variables.TASK_LAYOUT,
    leaseSeconds: variables.LEASE_SECONDS,
    wait,
    random: Math.random,
  }),
  inputs: createDynamoDBInputs(dynamodb, lookupsTable),
  admission: createAdmission({
    store: breakers,
    logger,
    leaseMilliseconds: variables.LEASE_SECONDS * 1000,
    now,
    wait,
  }),
  credentials: createCredentials({ secrets: createSecrets(now), egress, now }),
  queues: createAttemptQueues(sqs, queueUrls),
  signCallbacks: createSignCallbacks(
    createCallbackIssuer({
      origin: variables.POSTERN_ORIGIN,
      ownerClaim: variables.OWNER_CLAIM,
      signer: getSigner,
      encrypt: createTokenEncrypter(variables.TOKEN_ENCRYPTION_KEY),
      deriveCode: createKmsShortCodes(createGenerateMac(kms), variables.CODE_KEY_ID),
      randomId: () => randomBytes(ID_RANDOM_BYTES).toString('base64url'),
    }),
    getSigner,
    now,
  ),
  getSigner,
  storeCodes: createStoreCodes(dynamodb, lookupsTable),
  send: createSendRequest({ egress, now }),
  logger,
  now,
});

const sweep = createSweep({
  registry,
  indexShards: variables.INDEX_SHARDS,
  tasks: createDynamoDBQueuedTasks(dynamodb, tasksTable),
  breakers,
  queues: createDispatchQueues(sqs, queueUrls),
  sent: createDynamoDBSentProcessors(dynamodb, lookupsTable),
  dispatchTask: dispatch,
  logger,
  now,
});

const handle = createEventHandler({ dispatch, sweep, logger });

/** Handles messages of the processors' queues, their dead letters again, and runs of the sweep. */
export const handler = (event: unknown, context: { getRemainingTimeInMillis(): number }) =>
  handle(event, () => context.getRemainingTimeInMillis());
