import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAccessTokenVerifier, RFC_9068 } from '../access/access-token.ts';
import { createIdentityProviderKeys } from '../access/identity-provider-keys.ts';
import { readSeconds, readVariables } from '../contract/environment-variables.ts';
import { CLIENT_CONFIGURATION } from '../dependency/client-configuration.ts';
import { serve } from '../http/serve.ts';
import { createJournal, toStandardOutput } from '../observe/journal.ts';
import { createDynamoDBTaskStore } from './dynamodb-store.ts';
import { createTasksEndpoint } from './endpoint.ts';
import { createSenderTasks } from './sender-tasks.ts';

const variables = readVariables('tasks', process.env);

const store = createDynamoDBTaskStore({
  client: new DynamoDBClient(CLIENT_CONFIGURATION),
  tasksTable: variables.TASKS_TABLE,
  wait,
  random: Math.random,
});

const verifier = createAccessTokenVerifier({
  issuer: variables.IDP_ISSUER,
  audience: variables.POSTERN_ORIGIN,
  maxLifetimeSeconds: readSeconds(variables, 'ACCESS_TOKEN_MAX_LIFETIME_SECONDS'),
  keys: createIdentityProviderKeys(variables.IDP_JWKS_URI),
  profile: RFC_9068,
  now: Date.now,
});

/** The sender's reading and closing routes: the load balancer's event in, its result out. */
export const handler = serve({
  owner: 'tasks',
  origin: variables.POSTERN_ORIGIN,
  journal: createJournal(variables.POSTERN_ENVIRONMENT, 'tasks', toStandardOutput),
  handle: createTasksEndpoint(createSenderTasks(store, Date.now), verifier),
});
