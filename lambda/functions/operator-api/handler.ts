import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ID_RANDOM_BYTES } from '../../contract/limits.ts';
import { REGISTRY_FILE, type Registry } from '../../contract/registry.ts';
import { readVariables } from '../../contract/variables.ts';
import { loadApplications } from '../../shared/access-token/applications.ts';
import { configuredVerifier } from '../../shared/access-token/configured-verifier.ts';
import { createDynamoDBAccessTokenUses } from '../../shared/access-token/one-time.ts';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { createGetMetricData } from '../../shared/aws/cloudwatch.ts';
import { callBySdk, createCountedClient } from '../../shared/aws/dynamodb-sdk.ts';
import { createInvokeLater } from '../../shared/aws/invoke-later.ts';
import { createGetPublicKey } from '../../shared/aws/kms.ts';
import { createKmsCall } from '../../shared/aws/kms-call.ts';
import { wait } from '../../shared/clock.ts';
import { serve } from '../../shared/http/serve.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createOperatorTasks } from '../../shared/operator/act-on-task.ts';
import { measureAction } from '../../shared/operator/answer-action.ts';
import { createAskOperatorPolicy } from '../../shared/operator/ask-operator-policy.ts';
import { createDynamoDBAuditLog } from '../../shared/operator/audit-log.ts';
import { createDynamoDBAuditReader } from '../../shared/operator/audit-reader.ts';
import { createDeadLetters } from '../../shared/operator/dead-letters.ts';
import { createDynamoDBOperatorTaskStore } from '../../shared/operator/dynamodb-operator-task-store.ts';
import { createDynamoDBTaskIndex } from '../../shared/operator/dynamodb-task-index.ts';
import { createReadKmsKeys } from '../../shared/operator/kms-keys.ts';
import { createProcessorOperations } from '../../shared/operator/processor-operations.ts';
import { createRedriveLetters } from '../../shared/operator/redrive-letters.ts';
import { createDynamoDBSigningKeyStore } from '../../shared/operator/signing-key-store.ts';
import { createSigningKeys } from '../../shared/operator/signing-keys.ts';
import {
  createSqsDeadLetterQueues,
  LONG_POLL_TIMEOUT_MILLISECONDS,
} from '../../shared/operator/sqs-dead-letter-queues.ts';
import { createSqsLetterCounts } from '../../shared/operator/sqs-letter-counts.ts';
import { loadPolicy } from '../../shared/policy/load.ts';
import { describeError } from '../../shared/refusal.ts';
import { createOperatorApiEndpoint } from './endpoint.ts';

const variables = readVariables('operator-api', process.env);
const origin = variables.POSTERN_ORIGIN;
const registry: Registry = JSON.parse(readFileSync(join(__dirname, REGISTRY_FILE), 'utf8'));
const client = createCountedClient();
const retries = { wait, random: Math.random };
const now = Date.now;
const randomId = () => randomBytes(ID_RANDOM_BYTES).toString('base64url');
const retentionSeconds = variables.AUDIT_RETENTION_SECONDS;
const audit = createDynamoDBAuditLog({ client, auditTable: variables.AUDIT_TABLE, retentionSeconds });
const policy = loadPolicy(__dirname);
const askPolicy = policy && createAskOperatorPolicy({ policy, isProtected: variables.PROTECTED });
const sqs = new SQSClient({
  ...CLIENT_CONFIGURATION,
  requestHandler: { ...CLIENT_CONFIGURATION.requestHandler, requestTimeout: LONG_POLL_TIMEOUT_MILLISECONDS },
  // The endpoint comes from the configuration, as for all clients, and not from the queue's URL.
  useQueueUrlAsEndpoint: false,
});
const deadLetters = createDeadLetters({
  queues: createSqsDeadLetterQueues(sqs, variables.DEAD_LETTER_QUEUES),
  count: createSqsLetterCounts(sqs, variables.DEAD_LETTER_QUEUES),
});
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'operator-api', toStandardOutput);

const lambda = new LambdaClient(CLIENT_CONFIGURATION);
const startWorker = createInvokeLater(lambda, variables.REVOKE_FUNCTION);

const startRotation = async (): Promise<void> => {
  if (variables.ROTATE_FUNCTION !== undefined) await createInvokeLater(lambda, variables.ROTATE_FUNCTION)({});
};
const readKmsKeys = createReadKmsKeys(
  createGetPublicKey(createKmsCall({ environment: process.env })),
  variables.SIGNING_KEY_IDS,
  variables.SIGNING_KEY_USES,
);

/** Handles events of the load balancer: reads and actions of operators. */
export const handler = serve({
  owner: 'operator-api',
  origin,
  logger,
  handle: createOperatorApiEndpoint({
    verifier: configuredVerifier(variables, createDynamoDBAccessTokenUses(callBySdk(client), variables.LOOKUPS_TABLE)),
    roles: variables.OPERATOR_ROLES,
    disabledActions: variables.DISABLED_ACTIONS ?? [],
    registry,
    audit,
    tasks: createOperatorTasks({
      store: createDynamoDBOperatorTaskStore({
        client,
        tasksTable: variables.TASKS_TABLE,
        jtiTable: variables.JTI_TABLE,
        origin,
        audit,
        ...retries,
      }),
      audit,
      askPolicy,
      registry,
      layout: variables.TASK_LAYOUT,
      now,
      randomId,
      retries,
    }),
    taskLists: {
      index: createDynamoDBTaskIndex({
        client,
        tasksTable: variables.TASKS_TABLE,
        lookupsTable: variables.LOOKUPS_TABLE,
        ...retries,
      }),
      applications: Object.keys(loadApplications(__dirname)),
      indexShards: variables.INDEX_SHARDS,
    },
    auditList: {
      audit: createDynamoDBAuditReader({ client, auditTable: variables.AUDIT_TABLE }),
      retentionSeconds,
    },
    deadLetters,
    redriveLetters: createRedriveLetters({
      deadLetters,
      start: createInvokeLater(lambda, variables.REDRIVE_FUNCTION),
      audit,
      askPolicy,
      now,
      randomId,
    }),
    signingKeys: createSigningKeys({
      store: createDynamoDBSigningKeyStore({ client, signingKeysTable: variables.SIGNING_KEYS_TABLE, ...retries }),
      audit,
      isRotating: variables.SIGNING === 'rotating',
      readKmsKeys,
      startRotation,
      onNotStarted: (error) => logger.error('rotation of signing keys not invoked', { reason: describeError(error) }),
      now,
    }),
    processorOperations: createProcessorOperations({
      client,
      tasksTable: variables.TASKS_TABLE,
      lookupsTable: variables.LOOKUPS_TABLE,
      auditTable: variables.AUDIT_TABLE,
      auditRetention: retentionSeconds,
      indexShards: variables.INDEX_SHARDS,
      ...retries,
      registry,
      getMetricData: createGetMetricData({ environment: process.env }),
      environment: variables.POSTERN_ENVIRONMENT,
      startWorker: () => startWorker({}),
      onNotStarted: (error) => logger.error('worker of bulk revocations not invoked', { reason: describeError(error) }),
      randomId,
      now,
    }),
    askPolicy,
    now,
    randomId,
  }),
  measure: measureAction,
});
