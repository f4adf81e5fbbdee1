import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ID_RANDOM_BYTES } from '../../contract/limits.ts';
import { REGISTRY_FILE, type Registry } from '../../contract/registry.ts';
import type { Variables } from '../../contract/variables.ts';
import { loadApplications } from '../access-token/applications.ts';
import { CLIENT_CONFIGURATION } from '../aws/client-configuration.ts';
import { createGetMetricData } from '../aws/cloudwatch.ts';
import type { createCountedClient } from '../aws/dynamodb-sdk.ts';
import { createInvokeLater } from '../aws/invoke-later.ts';
import { createGetPublicKey } from '../aws/kms.ts';
import { createKmsCall } from '../aws/kms-call.ts';
import { wait } from '../clock.ts';
import type { Logger } from '../log/logger.ts';
import { loadPolicy } from '../policy/load.ts';
import { describeError } from '../refusal.ts';
import { createOperatorTasks } from './act-on-task.ts';
import { createAskOperatorPolicy } from './ask-operator-policy.ts';
import { createDynamoDBAuditLog } from './audit-log.ts';
import { createDynamoDBAuditReader } from './audit-reader.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createDynamoDBDispatchIndex } from './dynamodb-dispatch-index.ts';
import { createDynamoDBOperatorTaskStore } from './dynamodb-operator-task-store.ts';
import { createDynamoDBPendingTasks } from './dynamodb-pending-tasks.ts';
import { createDynamoDBTaskIndex } from './dynamodb-task-index.ts';
import { createReadKmsKeys } from './kms-keys.ts';
import { createSumMetrics } from './metric-sums.ts';
import type { OverviewOptions, OverviewPart } from './overview.ts';
import { createProcessorDispatch } from './processor-dispatch.ts';
import { createProcessorOperations } from './processor-operations.ts';
import { createDynamoDBProcessorPauses } from './processor-pauses.ts';
import { createRedriveLetters } from './redrive-letters.ts';
import { createDynamoDBSigningKeyStore } from './signing-key-store.ts';
import { createSigningKeys } from './signing-keys.ts';
import { createSqsDeadLetterQueues, LONG_POLL_TIMEOUT_MILLISECONDS } from './sqs-dead-letter-queues.ts';
import { createSqsLetterCounts } from './sqs-letter-counts.ts';

/** Variables of the functions that serve operators: those that the operator API and the console both have. */
export type OperatorVariables = Omit<
  Variables<'operator-api'>,
  'IDP_ISSUER' | 'IDP_JWKS_URI' | 'ACCESS_TOKEN_MAX_LIFETIME_SECONDS' | 'ACCESS_TOKEN_PROFILE' | 'ACCESS_TOKEN_USES'
>;

export interface OperatorServicesOptions {
  readonly variables: OperatorVariables;
  readonly client: ReturnType<typeof createCountedClient>;
  /** For clients without the SDK. */
  readonly environment: NodeJS.ProcessEnv;
  /** Folder of the bundle, with the registry and the other files of the environment. */
  readonly folder: string;
  readonly logger: Logger;
}

export type OperatorServices = ReturnType<typeof createOperatorServices>;

const HOUR_SECONDS = 3_600;

/** Makes what operators read and do, from the function's variables. The operator API and the console offer the same. */
export const createOperatorServices = ({ client, environment, folder, logger, variables }: OperatorServicesOptions) => {
  const registry: Registry = JSON.parse(readFileSync(join(folder, REGISTRY_FILE), 'utf8'));
  const retries = { wait, random: Math.random };
  const now = Date.now;
  const randomId = () => randomBytes(ID_RANDOM_BYTES).toString('base64url');
  const retentionSeconds = variables.AUDIT_RETENTION_SECONDS;
  const audit = createDynamoDBAuditLog({ client, auditTable: variables.AUDIT_TABLE, retentionSeconds });
  const policy = loadPolicy(folder);
  const askPolicy = policy && createAskOperatorPolicy({ policy, isProtected: variables.PROTECTED });
  const sqs = new SQSClient({
    ...CLIENT_CONFIGURATION,
    requestHandler: { ...CLIENT_CONFIGURATION.requestHandler, requestTimeout: LONG_POLL_TIMEOUT_MILLISECONDS },
    // The endpoint comes from the configuration, as for all clients, and not from the queue's URL.
    useQueueUrlAsEndpoint: false,
  });
  const countLetters = createSqsLetterCounts(sqs, variables.DEAD_LETTER_QUEUES);
  const deadLetters = createDeadLetters({
    queues: createSqsDeadLetterQueues(sqs, variables.DEAD_LETTER_QUEUES),
    count: countLetters,
  });
  const lambda = new LambdaClient(CLIENT_CONFIGURATION);
  const startWorker = createInvokeLater(lambda, variables.REVOKE_FUNCTION);
  const startRotation = async (): Promise<void> => {
    if (variables.ROTATE_FUNCTION !== undefined) await createInvokeLater(lambda, variables.ROTATE_FUNCTION)({});
  };
  const logNotInvoked = (what: string) => (error: unknown) =>
    logger.error(`${what} not invoked`, { reason: describeError(error) });
  const index = createDynamoDBTaskIndex({
    client,
    tasksTable: variables.TASKS_TABLE,
    lookupsTable: variables.LOOKUPS_TABLE,
    ...retries,
  });
  const getMetricData = createGetMetricData({ environment });
  const forPending = {
    client,
    tasksTable: variables.TASKS_TABLE,
    lookupsTable: variables.LOOKUPS_TABLE,
    indexShards: variables.INDEX_SHARDS,
    ...retries,
  };
  const signingKeys = createSigningKeys({
    store: createDynamoDBSigningKeyStore({ client, signingKeysTable: variables.SIGNING_KEYS_TABLE, ...retries }),
    audit,
    isRotating: variables.SIGNING === 'rotating',
    readKmsKeys: createReadKmsKeys(
      createGetPublicKey(createKmsCall({ environment })),
      variables.SIGNING_KEY_IDS,
      variables.SIGNING_KEY_USES,
    ),
    startRotation,
    onNotStarted: logNotInvoked('rotation of signing keys'),
    now,
  });
  return {
    registry,
    /** What the overview of the console needs, except the alarms: only the console may read them. */
    overview: {
      registry,
      pending: createDynamoDBPendingTasks(forPending),
      sumMetrics: createSumMetrics(getMetricData, variables.POSTERN_ENVIRONMENT),
      index,
      indexShards: variables.INDEX_SHARDS,
      queues: Object.keys(variables.DEAD_LETTER_QUEUES),
      countLetters,
      onUnavailable: (part: OverviewPart, error: unknown) =>
        logger.error(`${part} of the overview not read`, { reason: describeError(error) }),
      now,
    } satisfies Omit<OverviewOptions, 'readRaisedAlarms'>,
    disabledActions: variables.DISABLED_ACTIONS ?? [],
    audit,
    askPolicy,
    now,
    randomId,
    tasks: createOperatorTasks({
      store: createDynamoDBOperatorTaskStore({
        client,
        tasksTable: variables.TASKS_TABLE,
        jtiTable: variables.JTI_TABLE,
        lookupsTable: variables.LOOKUPS_TABLE,
        origin: variables.POSTERN_ORIGIN,
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
      index,
      applications: Object.keys(loadApplications(folder)),
      signingKeys,
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
    }),
    signingKeys,
    processorDispatch: createProcessorDispatch({
      registry,
      index: createDynamoDBDispatchIndex(forPending),
      pauses: createDynamoDBProcessorPauses({ client, lookupsTable: variables.LOOKUPS_TABLE, audit, ...retries }),
      audit,
      askPolicy,
      sumMetrics: createSumMetrics(getMetricData, variables.POSTERN_ENVIRONMENT, HOUR_SECONDS),
      startSweep: async (request) => {
        if (variables.DISPATCH_FUNCTION !== undefined) {
          await createInvokeLater(lambda, variables.DISPATCH_FUNCTION)(request);
        }
      },
      onNotStarted: logNotInvoked('dispatch'),
      now,
      retries,
    }),
    processorOperations: createProcessorOperations({
      ...forPending,
      auditTable: variables.AUDIT_TABLE,
      auditRetention: retentionSeconds,
      registry,
      signingKeys,
      getMetricData,
      environment: variables.POSTERN_ENVIRONMENT,
      startWorker: () => startWorker({}),
      onNotStarted: logNotInvoked('worker of bulk revocations'),
      randomId,
      now,
    }),
  };
};
