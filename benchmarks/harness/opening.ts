import { EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { APPLICATIONS_FILE, type Applications } from '../../lambda/contract/applications.ts';
import { REGISTRY_FILE } from '../../lambda/contract/registry.ts';
import { signingKeyContext } from '../../lambda/contract/signing-keys.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import {
  bundleBaseline,
  bundleFunction,
  type Contender,
  type Files,
  REGISTRY,
  variablesFor,
  writeContenders,
} from './contenders.ts';
import { PROCESSOR } from './names.ts';
import { createTaskVariables, type Sender } from './sender.ts';
import { putSigningKey } from './tables.ts';
import type { TestBed } from './test-bed.ts';

/** Descriptions of the contenders for opening a task. */
export const OPENING_CONTENDERS = {
  postern: 'the shipped function: every check of the access token and the request, logs and metrics on, a rotating key',
  peer: 'middy, Powertools (logger, metrics), aws-jwt-verify, SDK: the checks of the access token, logs and metrics, a signature of KMS for each callback token',
  limit: 'node:crypto and one hand-signed request: one signature checked, two made, no other check, no log, no retry',
} as const;

const APPLICATIONS: Applications = {
  bench: { id: 'bench', clients: null, processors: [PROCESSOR], pendingLimit: null },
};

/** The shipped function with the files beside it. */
export const openingFiles = async (): Promise<Files> => ({
  'index.js': await bundleFunction('create-task'),
  [REGISTRY_FILE]: JSON.stringify(REGISTRY),
  [APPLICATIONS_FILE]: JSON.stringify(APPLICATIONS),
});

/** The contenders for opening a task. */
export const buildOpeningContenders = async (): Promise<readonly Contender[]> =>
  writeContenders({
    postern: await openingFiles(),
    peer: { 'index.js': await bundleBaseline('open-peer.mjs') },
    limit: { 'index.js': await bundleBaseline('open-limit.cjs') },
  });

/** Puts the bed's key with its private half, encrypted by KMS. It signs at any time. */
export const putRotatingKey = async (bed: TestBed, environment: string): Promise<void> => {
  const id = 'bench-key';
  const { AWS_ENDPOINT_URL_KMS: endpoint = '' } = bed.environment();
  const kms = new KMSClient({
    region: 'eu-west-1',
    endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { CiphertextBlob: encryptedPrivateKey } = await kms.send(
    new EncryptCommand({
      KeyId: bed.encryptionKeyId,
      Plaintext: bed.privateKey.export({ format: 'der', type: 'pkcs8' }),
      EncryptionContext: signingKeyContext(environment, id),
    }),
  );
  kms.destroy();
  if (encryptedPrivateKey === undefined) throw new Error('The stand-in for KMS has encrypted nothing.');
  await putSigningKey(bed.dynamodb, bed.publicKey, { id, encryptedPrivateKey });
};

/** Environment variables for every contender. @param endpoints of DynamoDB and KMS @default those of the bed */
export const openingVariables = (
  bed: TestBed,
  sender: Sender,
  endpoints: { readonly dynamodb?: string; readonly kms?: string } = {},
): Record<string, string> => {
  const all = variablesFor(bed, endpoints.dynamodb);
  return {
    ...Object.fromEntries(Object.keys(ENVIRONMENT_VARIABLES['create-task']).map((name) => [name, 'unused'])),
    ...all,
    ...createTaskVariables(sender),
    ...(endpoints.kms !== undefined && { AWS_ENDPOINT_URL_KMS: endpoints.kms }),
    SIGNING: 'rotating',
    SIGNING_ENCRYPTION_KEY_ID: bed.encryptionKeyId,
    IDP_JWK: JSON.stringify(sender.jwk),
    SIGNING_JWK: JSON.stringify({ ...bed.privateKey.export({ format: 'jwk' }), kid: bed.publicKey.kid }),
    KMS_KEY_ID: bed.kmsKeyId,
  };
};
