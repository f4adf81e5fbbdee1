import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_STYLE_FILE } from '../../contract/pages.ts';
import { readVariables } from '../../contract/variables.ts';
import { createDynamoDBClient } from '../../shared/aws/dynamodb.ts';
import { loadKmsKeys } from '../../shared/callback-token/kms-keys.ts';
import { servePages } from '../../shared/http/serve-pages.ts';
import { once } from '../../shared/lazy.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { readSigningKeys } from '../../shared/signing-keys/read-signing-keys.ts';
import { createMetadataEndpoint } from './endpoint.ts';
import { createKeySet } from './key-set.ts';

const variables = readVariables('metadata', process.env);

const dynamodb = createDynamoDBClient({ environment: process.env });

// Starts before the first event. Health and problem pages do not wait for it.
const keys = createKeySet({
  read: () => readSigningKeys(dynamodb, variables.SIGNING_KEYS_TABLE),
  kmsKeys: loadKmsKeys(variables.SIGNING_KEY_IDS, process.env),
  now: Date.now,
});

/** Handles events of the load balancer: public documents and health. */
export const handler = servePages({
  owner: 'metadata',
  origin: variables.POSTERN_ORIGIN,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'metadata', toStandardOutput),
  handle: createMetadataEndpoint({
    origin: variables.POSTERN_ORIGIN,
    keys,
    abbreviations: variables.ABBREVIATIONS,
    style: once(() => readFileSync(join(__dirname, PAGE_STYLE_FILE), 'utf8')),
  }),
});
