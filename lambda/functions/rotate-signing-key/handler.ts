import { randomBytes } from 'node:crypto';
import { ID_RANDOM_BYTES } from '../../contract/limits.ts';
import { readVariables } from '../../contract/variables.ts';
import { createDynamoDBClient } from '../../shared/aws/dynamodb.ts';
import { createGetPublicKey } from '../../shared/aws/kms.ts';
import { createKmsCall } from '../../shared/aws/kms-call.ts';
import { fetchPublicKeys } from '../../shared/callback-token/public-keys.ts';
import { wait } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { describeError } from '../../shared/refusal.ts';
import { createDynamoDBKeyStore } from './dynamodb-key-store.ts';
import { createMakeKeyPair } from './make-key-pair.ts';
import { retryDenied } from './retry-denied.ts';
import { createRotation } from './rotate-signing-key.ts';

const variables = readVariables('rotate-signing-key', process.env);
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'rotate-signing-key', toStandardOutput);
const kms = createKmsCall({ environment: process.env });
const keyIds = variables.SIGNING_KEY_IDS ?? [];

const rotate = createRotation({
  algorithm: variables.SIGNING_ALGORITHM,
  every: variables.SIGNING_EVERY_SECONDS,
  store: createDynamoDBKeyStore(createDynamoDBClient({ environment: process.env }), variables.SIGNING_KEYS_TABLE),
  makeKeyPair: createMakeKeyPair(kms, variables.SIGNING_ENCRYPTION_KEY_ID, variables.POSTERN_ENVIRONMENT),
  keysInKms: () => fetchPublicKeys(createGetPublicKey(kms), keyIds),
  hasKeysInKms: keyIds.length > 0,
  randomId: () => randomBytes(ID_RANDOM_BYTES).toString('base64url'),
  logger,
  now: Date.now,
  wait,
});

/** Handles one run of the schedule, of a deployment, or after a retirement. Ignores the event. */
export const handler = async (): Promise<void> => {
  try {
    await retryDenied(rotate, { limit: 120_000, pause: 5_000, now: Date.now, wait });
  } catch (error) {
    logger.error('signing keys not rotated', { reason: describeError(error) });
    throw error;
  }
};
