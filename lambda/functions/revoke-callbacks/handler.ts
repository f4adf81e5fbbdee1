import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ID_RANDOM_BYTES } from '../../contract/limits.ts';
import { REGISTRY_FILE, type Registry } from '../../contract/registry.ts';
import { readVariables } from '../../contract/variables.ts';
import { DYNAMODB_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { wait } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createDynamoDBJobStore } from './dynamodb-job-store.ts';
import { createDynamoDBTaskRevocations } from './dynamodb-task-revocations.ts';
import { createDynamoDBTaskSendings } from './dynamodb-task-sendings.ts';
import { createJobAudit } from './job-audit.ts';
import { createRevoker } from './revoke-tasks.ts';

const variables = readVariables('revoke-callbacks', process.env);

const client = new DynamoDBClient(DYNAMODB_CONFIGURATION);
const common = {
  client,
  wait,
  random: Math.random,
  auditTable: variables.AUDIT_TABLE,
  auditRetention: variables.AUDIT_RETENTION_SECONDS,
};
const randomId = () => randomBytes(ID_RANDOM_BYTES).toString('base64url');

const revoke = createRevoker({
  jobs: createDynamoDBJobStore({ ...common, lookupsTable: variables.LOOKUPS_TABLE }),
  tasks: createDynamoDBTaskRevocations({ ...common, tasksTable: variables.TASKS_TABLE }),
  sendings: createDynamoDBTaskSendings({
    ...common,
    tasksTable: variables.TASKS_TABLE,
    lookupsTable: variables.LOOKUPS_TABLE,
    registry: JSON.parse(readFileSync(join(__dirname, REGISTRY_FILE), 'utf8')) as Registry,
    audit: createJobAudit(common),
    randomId,
  }),
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'revoke-callbacks', toStandardOutput),
  randomId,
  now: Date.now,
  wait,
});

/** Handles one run: of the schedule, or at the beginning of a job. Ignores the event. */
export const handler = (_event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> =>
  revoke(() => context.getRemainingTimeInMillis());
