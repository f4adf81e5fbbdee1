import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ID_RANDOM_BYTES } from '../../contract/limits.ts';
import { REGISTRY_FILE, type Registry } from '../../contract/registry.ts';
import { readVariables } from '../../contract/variables.ts';
import { createFindApplication, loadApplications } from '../../shared/access-token/applications.ts';
import { configuredVerifier } from '../../shared/access-token/configured-verifier.ts';
import { createDynamoDBAccessTokenUses } from '../../shared/access-token/one-time.ts';
import { createDynamoDBClient } from '../../shared/aws/dynamodb.ts';
import { createKmsCall } from '../../shared/aws/kms-call.ts';
import { createEncrypt } from '../../shared/aws/kms-encrypt.ts';
import { createGenerateMac } from '../../shared/aws/kms-mac.ts';
import { createTokenEncrypter } from '../../shared/callback-token/encrypt.ts';
import { createCallbackIssuer } from '../../shared/callbacks/callback-issuer.ts';
import { configuredSigner } from '../../shared/callbacks/configured-signer.ts';
import { createKmsShortCodes } from '../../shared/callbacks/short-code.ts';
import { wait } from '../../shared/clock.ts';
import { serve } from '../../shared/http/serve.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createAskSenderPolicy } from '../../shared/policy/ask-sender-policy.ts';
import { loadPolicy } from '../../shared/policy/load.ts';
import { createTaskCreator } from './create-task.ts';
import { createDynamoDBTaskCreationStore } from './dynamodb-task-creation-store.ts';
import { createTaskCreationEndpoint, measureTaskCreation } from './endpoint.ts';
import { createHandler, createInvocationHandler } from './invocation.ts';
import { createIssueCallbacks } from './issue-callbacks.ts';
import { createOpenTask } from './open-task.ts';
import { createPendingLimit } from './pending-limit.ts';
import { createReissuer } from './reissue-callbacks.ts';
import { createReopener } from './reopen-task.ts';
import { createAgainSender } from './send-again.ts';
import { createResumeTokenEncrypter } from './waiting-workflow.ts';

const variables = readVariables('create-task', process.env);
const origin = variables.POSTERN_ORIGIN;
const registry: Registry = JSON.parse(readFileSync(join(__dirname, REGISTRY_FILE), 'utf8'));
const kms = createKmsCall({ environment: process.env });
const dynamodb = createDynamoDBClient({ environment: process.env });
const randomId = () => randomBytes(ID_RANDOM_BYTES).toString('base64url');

const retries = { wait, random: Math.random };

const store = createDynamoDBTaskCreationStore({
  dynamodb,
  tasksTable: variables.TASKS_TABLE,
  lookupsTable: variables.LOOKUPS_TABLE,
  indexShards: variables.INDEX_SHARDS,
  ...retries,
});

const resumeTokenEncrypter = () => {
  const { POSTERN_ENVIRONMENT: environment, RESUME_KEY_ID: keyId } = variables;
  return keyId === undefined ? null : createResumeTokenEncrypter(createEncrypt(kms), keyId, environment);
};

const options = {
  registry,
  retentionSeconds: variables.RETENTION_SECONDS,
  askPolicy: createAskSenderPolicy(loadPolicy(__dirname), variables.PROTECTED),
  issuer: createCallbackIssuer({
    origin,
    ownerClaim: variables.OWNER_CLAIM,
    signer: configuredSigner(variables, { dynamodb, kms, now: Date.now }),
    encrypt: createTokenEncrypter(variables.TOKEN_ENCRYPTION_KEY),
    deriveCode: createKmsShortCodes(createGenerateMac(kms), variables.CODE_KEY_ID),
    randomId,
  }),
  store,
  now: Date.now,
  randomId,
};

const abbreviations = variables.ABBREVIATIONS;
const applications = loadApplications(__dirname);
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'create-task', toStandardOutput);

const openTask = createOpenTask({
  createTask: createTaskCreator({
    ...options,
    indexShards: variables.INDEX_SHARDS,
    layout: variables.TASK_LAYOUT,
    pendingLimit: createPendingLimit({ store, now: Date.now }),
    encryptResumeToken: resumeTokenEncrypter(),
    retries,
  }),
  abbreviations,
});

const issueOptions = { ...options, issueCallbacks: createIssueCallbacks(options), retries };

const http = serve({
  owner: 'create-task',
  origin,
  logger,
  handle: createTaskCreationEndpoint({
    origin,
    findApplication: createFindApplication(applications, variables.SENDER_CLIENTS),
    verifier: configuredVerifier(variables, createDynamoDBAccessTokenUses(dynamodb, variables.LOOKUPS_TABLE)),
    openTask,
    reissue: createReissuer(issueOptions),
    reopen: createReopener(issueOptions),
    sendAgain: createAgainSender(issueOptions),
    abbreviations,
  }),
  measure: measureTaskCreation,
});

/**
 * Handles events of the load balancer, and invocations by applications: creates tasks, issues their callbacks again, and reopens
 * tasks.
 */
export const handler = createHandler(
  http,
  createInvocationHandler({ origin, applications, openTask, abbreviations, logger }),
);
