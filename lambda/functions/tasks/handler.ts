import { readVariables } from '../../contract/variables.ts';
import { createFindApplication, loadApplications } from '../../shared/access-token/applications.ts';
import { configuredVerifier } from '../../shared/access-token/configured-verifier.ts';
import { createDynamoDBAccessTokenUses } from '../../shared/access-token/one-time.ts';
import { callBySdk, createCountedClient } from '../../shared/aws/dynamodb-sdk.ts';
import { wait } from '../../shared/clock.ts';
import { serve } from '../../shared/http/serve.ts';
import { once } from '../../shared/lazy.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createAskSenderPolicy } from '../../shared/policy/ask-sender-policy.ts';
import { loadPolicy } from '../../shared/policy/load.ts';
import { measureForeignTask } from '../../shared/tables/owned-task.ts';
import { createDynamoDBSenderTaskStore } from './dynamodb-sender-task-store.ts';
import { createTasksEndpoint } from './endpoint.ts';
import { createSenderTasks } from './sender-tasks.ts';

const variables = readVariables('tasks', process.env);

const dynamodb = createCountedClient();
const retries = { wait, random: Math.random };
const store = createDynamoDBSenderTaskStore({
  client: dynamodb,
  tasksTable: variables.TASKS_TABLE,
  layout: variables.TASK_LAYOUT,
  ...retries,
});
const policy = loadPolicy(__dirname);

const tasks = createSenderTasks({
  store,
  askPolicy: policy && createAskSenderPolicy(policy, variables.PROTECTED),
  indexShards: variables.INDEX_SHARDS,
  // Loaded for the first payload in the bucket: most requests do not need S3.
  payloadUrls: once(async () =>
    (await import('../../shared/tables/payload-urls.ts')).createS3PayloadUrls(variables.PAYLOAD_BUCKET),
  ),
  now: Date.now,
  retries,
});

/** Handles events of the load balancer: lists, shows, cancels tasks and decides about quarantine. */
export const handler = serve({
  owner: 'tasks',
  origin: variables.POSTERN_ORIGIN,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'tasks', toStandardOutput),
  handle: createTasksEndpoint({
    tasks,
    findApplication: createFindApplication(loadApplications(__dirname), variables.SENDER_CLIENTS),
    verifier: configuredVerifier(
      variables,
      createDynamoDBAccessTokenUses(callBySdk(dynamodb), variables.LOOKUPS_TABLE),
    ),
    abbreviations: variables.ABBREVIATIONS,
  }),
  measure: measureForeignTask,
});
