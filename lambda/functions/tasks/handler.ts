import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readVariables } from '../../contract/variables.ts';
import { configuredVerifier } from '../../shared/access-token/configured-verifier.ts';
import { createDynamoDBAccessTokenUses } from '../../shared/access-token/one-time.ts';
import { DYNAMODB_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { wait } from '../../shared/clock.ts';
import { serve } from '../../shared/http/serve.ts';
import { once } from '../../shared/lazy.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createDynamoDBSenderTaskStore } from './dynamodb-sender-task-store.ts';
import { createTasksEndpoint } from './endpoint.ts';
import { createSenderTasks } from './sender-tasks.ts';

const variables = readVariables('tasks', process.env);

const dynamodb = new DynamoDBClient(DYNAMODB_CONFIGURATION);
const store = createDynamoDBSenderTaskStore({
  client: dynamodb,
  tasksTable: variables.TASKS_TABLE,
  wait,
  random: Math.random,
});

const tasks = createSenderTasks({
  store,
  indexShards: variables.INDEX_SHARDS,
  // Loaded for the first payload in the bucket: most requests do not need S3.
  resultUrls: once(async () => (await import('./result-urls.ts')).createS3ResultUrls(variables.PAYLOAD_BUCKET)),
  now: Date.now,
});

/** Handles events of the load balancer: lists, shows, cancels tasks and decides about quarantine. */
export const handler = serve({
  owner: 'tasks',
  origin: variables.POSTERN_ORIGIN,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'tasks', toStandardOutput),
  handle: createTasksEndpoint({
    tasks,
    verifier: configuredVerifier(variables, createDynamoDBAccessTokenUses(dynamodb, variables.LOOKUPS_TABLE)),
    abbreviations: variables.ABBREVIATIONS,
  }),
});
