import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readVariables } from '../../contract/variables.ts';
import { DYNAMODB_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { wait } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createDynamoDBDueTaskStore } from './dynamodb-due-task-store.ts';
import { createExpirer } from './expire-tasks.ts';

const variables = readVariables('expire', process.env);

const expire = createExpirer({
  store: createDynamoDBDueTaskStore({
    client: new DynamoDBClient(DYNAMODB_CONFIGURATION),
    tasksTable: variables.TASKS_TABLE,
    lookupsTable: variables.LOOKUPS_TABLE,
    layout: variables.TASK_LAYOUT,
    wait,
    random: Math.random,
  }),
  indexShards: variables.INDEX_SHARDS,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'expire', toStandardOutput),
  now: Date.now,
});

/** Handles one run of the schedule. Ignores the event. */
export const handler = (_event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> =>
  expire(() => context.getRemainingTimeInMillis());
