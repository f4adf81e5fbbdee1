import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { createAccessTokenVerifier, RFC_9068 } from '../access/access-token.ts';
import { createIdentityProviderKeys } from '../access/identity-provider-keys.ts';
import { readSeconds, readVariables } from '../contract/environment-variables.ts';
import { ID_RANDOM_BYTES } from '../contract/limits.ts';
import { REGISTRY_FILE, type Registry } from '../contract/registry.ts';
import { CLIENT_CONFIGURATION } from '../dependency/client-configuration.ts';
import { serve } from '../http/serve.ts';
import { createJournal, toStandardOutput } from '../observe/journal.ts';
import { createKmsSigner } from '../token/kms-signer.ts';
import { fetchPublicKeys, loadEagerly, signingKeyIds } from '../token/public-keys.ts';
import { createOpenEndpoint } from './endpoint.ts';
import { createTaskOpener } from './open-task.ts';
import { createDynamoDBNewTaskStore } from './task-store.ts';

const variables = readVariables('open', process.env);
const origin = variables.POSTERN_ORIGIN;
const registry: Registry = JSON.parse(readFileSync(join(__dirname, REGISTRY_FILE), 'utf8'));
const kms = new KMSClient(CLIENT_CONFIGURATION);

const signer = loadEagerly(async () => {
  const [keyId = ''] = signingKeyIds(variables.SIGNING_KEY_IDS);
  const [publicKey] = await fetchPublicKeys(kms, [keyId]);
  if (publicKey === undefined) throw new Error('SIGNING_KEY_IDS names no key.');
  return createKmsSigner(kms, keyId, publicKey);
});

/** Opens tasks: the load balancer's event in, its result out. */
export const handler = serve({
  owner: 'open',
  origin,
  journal: createJournal(variables.POSTERN_ENVIRONMENT, 'open', toStandardOutput),
  handle: createOpenEndpoint({
    origin,
    verifier: createAccessTokenVerifier({
      issuer: variables.IDP_ISSUER,
      audience: origin,
      maxLifetimeSeconds: readSeconds(variables, 'ACCESS_TOKEN_MAX_LIFETIME_SECONDS'),
      keys: createIdentityProviderKeys(variables.IDP_JWKS_URI),
      profile: RFC_9068,
      now: Date.now,
    }),
    openTask: createTaskOpener({
      origin,
      registry,
      ownerClaim: variables.OWNER_CLAIM === 'true',
      retentionSeconds: readSeconds(variables, 'RETENTION_SECONDS'),
      signer,
      store: createDynamoDBNewTaskStore(new DynamoDBClient(CLIENT_CONFIGURATION), variables.TASKS_TABLE),
      now: Date.now,
      randomId: () => randomBytes(ID_RANDOM_BYTES).toString('base64url'),
    }),
  }),
});
