import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALLBACK_ROUTES } from '../../contract/callback-routes.ts';
import { type CheckedProofName, proofFile } from '../../contract/proofs.ts';
import { PAYLOAD_BUCKET_FILE, REGISTRY_FILE, type Registry, SCHEMAS_FILE } from '../../contract/registry.ts';
import { TOKEN_DECRYPTION_FILE } from '../../contract/token-encryption.ts';
import { readVariables } from '../../contract/variables.ts';
import { createDynamoDBClient } from '../../shared/aws/dynamodb.ts';
import { loadKmsKeys } from '../../shared/callback-token/kms-keys.ts';
import type { CreateTokenDecrypter } from '../../shared/callback-token/token-decrypter.ts';
import { createTokenVerifier } from '../../shared/callback-token/verify.ts';
import { wait } from '../../shared/clock.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { once } from '../../shared/lazy.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { loadPolicy } from '../../shared/policy/load.ts';
import { readSigningKeys } from '../../shared/signing-keys/read-signing-keys.ts';
import { createVerificationKeys } from '../../shared/signing-keys/verification-keys.ts';
import type { Schemas } from './checks/json-schema.ts';
import { createDynamoDBProofRecords } from './checks/proof/dynamodb-records.ts';
import type { CreateProof, ProofContext, ProofVerifier } from './checks/proof/proof.ts';
import { measureCallback } from './outcome.ts';
import { createReceiver } from './receive-callback.ts';
import { createDynamoDBCallbackStore } from './store/dynamodb-callback-store.ts';
import type { CreatePayloadStore } from './store/payload-store.ts';

const variables = readVariables('receive', process.env);
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'receive', toStandardOutput);
const registry = JSON.parse(readFileSync(join(__dirname, REGISTRY_FILE), 'utf8')) as Registry;

const dynamodb = createDynamoDBClient({ environment: process.env });

// Both begin before the first event, so that a cold start waits for them while it does everything else.
const keys = createVerificationKeys({
  read: () => readSigningKeys(dynamodb, variables.SIGNING_KEYS_TABLE),
  kmsKeys: loadKmsKeys(variables.SIGNING_KEY_IDS, process.env),
  now: Date.now,
});

/** Dependencies of the code of proofs. Each proof is a separate file; an environment has only the files that it needs. */
const proofContext: ProofContext = {
  variables,
  records: createDynamoDBProofRecords(dynamodb, {
    jtiTable: variables.JTI_TABLE,
    lookupsTable: variables.LOOKUPS_TABLE,
  }),
  now: Date.now,
};
const loaded = new Map<CheckedProofName, ProofVerifier>();
const loadProof = (name: CheckedProofName): ProofVerifier => {
  const { createProof } = require(join(__dirname, proofFile(name))) as { readonly createProof: CreateProof };
  const verifier = createProof(proofContext);
  loaded.set(name, verifier);
  return verifier;
};

/** Loads the file that decrypts tokens, at the first encrypted token. */
const loadDecrypter = (secretName: string | undefined) => {
  if (secretName === undefined) return null;
  return once(() => {
    const file = require(join(__dirname, TOKEN_DECRYPTION_FILE)) as {
      readonly createTokenDecrypter: CreateTokenDecrypter;
    };
    return file.createTokenDecrypter(secretName, Date.now);
  });
};

const receive = createReceiver({
  registry,
  verifier: createTokenVerifier({ origin: variables.POSTERN_ORIGIN, registry, keys }),
  store: createDynamoDBCallbackStore({
    dynamodb,
    tasksTable: variables.TASKS_TABLE,
    jtiTable: variables.JTI_TABLE,
    lookupsTable: variables.LOOKUPS_TABLE,
    layout: variables.TASK_LAYOUT,
    wait,
    random: Math.random,
  }),
  decrypter: loadDecrypter(variables.TOKEN_ENCRYPTION_SECRET),
  policy: loadPolicy(__dirname),
  loadProofVerifier: (name) => loaded.get(name) ?? loadProof(name),
  payloads: once(() => {
    const file = require(join(__dirname, PAYLOAD_BUCKET_FILE)) as { readonly createPayloadStore: CreatePayloadStore };
    return file.createPayloadStore(variables.PAYLOAD_BUCKET);
  }),
  inlineLimit: variables.INLINE_LIMIT_BYTES,
  quarantineLimit: variables.QUARANTINE_LIMIT,
  schemas: () => require(join(__dirname, SCHEMAS_FILE)) as Schemas,
  logger,
  now: Date.now,
});

/** The callback receiver: the load balancer's event in, its result out. */
export const handler = serveRoutes(CALLBACK_ROUTES, {
  owner: 'receive',
  origin: variables.POSTERN_ORIGIN,
  logger,
  handle: receive,
  measure: measureCallback,
});
