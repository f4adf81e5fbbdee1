import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { ID_RANDOM_BYTES } from '../../contract/limits.ts';
import { CONSOLE_SCRIPT_FILE, CONSOLE_STYLE_FILE } from '../../contract/pages.ts';
import { CONSOLE_BASE_PATH } from '../../contract/routes.ts';
import { readVariables } from '../../contract/variables.ts';
import { configuredVerifier } from '../../shared/access-token/configured-verifier.ts';
import { createDynamoDBAccessTokenUses } from '../../shared/access-token/one-time.ts';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { callBySdk, createCountedClient } from '../../shared/aws/dynamodb-sdk.ts';
import { configuredFrame } from '../../shared/console/configured-frame.ts';
import { countFormRefusals } from '../../shared/console/form.ts';
import { createRefusalAnswer } from '../../shared/console/refusal-answer.ts';
import { problemResponse } from '../../shared/http/problem.ts';
import { servePages } from '../../shared/http/serve-pages.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { measureAction } from '../../shared/operator/answer-action.ts';
import { createAskOperatorPolicy } from '../../shared/operator/ask-operator-policy.ts';
import { createDynamoDBAuditLog } from '../../shared/operator/audit-log.ts';
import { loadPolicy } from '../../shared/policy/load.ts';
import { createDynamoDBRevealStore } from './dynamodb-reveal-store.ts';
import { createRevealPayloadEndpoint } from './endpoint.ts';
import { createReveal } from './reveal.ts';
import { createS3RevealBucket } from './s3-reveal-bucket.ts';

const variables = readVariables('reveal-payload', process.env);

const client = createCountedClient();
const audit = createDynamoDBAuditLog({
  client,
  auditTable: variables.AUDIT_TABLE,
  retentionSeconds: variables.AUDIT_RETENTION_SECONDS,
});
const policy = loadPolicy(__dirname);
const now = Date.now;
const randomId = () => randomBytes(ID_RANDOM_BYTES).toString('base64url');

const answerConsole = createRefusalAnswer(variables.POSTERN_ORIGIN);
const files = {
  style: readFileSync(join(__dirname, CONSOLE_STYLE_FILE), 'utf8'),
  script: readFileSync(join(__dirname, CONSOLE_SCRIPT_FILE), 'utf8'),
};

/** Handles events of the load balancer: payloads for operators. */
export const handler = servePages({
  owner: 'reveal-payload',
  origin: variables.POSTERN_ORIGIN,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'reveal-payload', toStandardOutput),
  handle: createRevealPayloadEndpoint({
    verifier: configuredVerifier(variables, createDynamoDBAccessTokenUses(callBySdk(client), variables.LOOKUPS_TABLE)),
    roles: variables.OPERATOR_ROLES,
    frame: configuredFrame(variables, files, process.env),
    disabledActions: variables.DISABLED_ACTIONS ?? [],
    audit,
    now,
    randomId,
    reveal: createReveal({
      store: createDynamoDBRevealStore(client, variables.TASKS_TABLE),
      bucket: createS3RevealBucket(new S3Client(CLIENT_CONFIGURATION), variables.PAYLOAD_BUCKET, now),
      audit,
      askPolicy: policy && createAskOperatorPolicy({ policy, isProtected: variables.PROTECTED }),
      now,
      randomId,
    }),
  }),
  respondToRefusal: (refusal, request) =>
    request.path.startsWith(CONSOLE_BASE_PATH)
      ? answerConsole(refusal, request)
      : problemResponse(refusal, variables.POSTERN_ORIGIN, request.requestId),
  measure: (outcome) => [...countFormRefusals(outcome), ...measureAction(outcome)],
});
