import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { configuredVerifier } from '../access/configured-verifier.ts';
import { readVariables } from '../contract/environment-variables.ts';
import { CLIENT_CONFIGURATION } from '../dependency/client-configuration.ts';
import { serve } from '../http/serve.ts';
import { createJournal, toStandardOutput } from '../observe/journal.ts';
import { createDynamoDBTaskStore } from './dynamodb-store.ts';
import { createTasksEndpoint } from './endpoint.ts';
import { createSenderTasks } from './sender-tasks.ts';

const variables = readVariables('tasks', process.env);

const dynamodb = new DynamoDBClient(CLIENT_CONFIGURATION);
const store = createDynamoDBTaskStore({
  client: dynamodb,
  tasksTable: variables.TASKS_TABLE,
  wait,
  random: Math.random,
});

/** The sender's reading and closing routes: the load balancer's event in, its result out. */
export const handler = serve({
  owner: 'tasks',
  origin: variables.POSTERN_ORIGIN,
  journal: createJournal(variables.POSTERN_ENVIRONMENT, 'tasks', toStandardOutput),
  handle: createTasksEndpoint(createSenderTasks(store, Date.now), configuredVerifier(variables, dynamodb)),
});
