import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import type { CallLimits } from '../../lambda/contract/call-limits.ts';
import type { JsonCall } from '../../lambda/shared/aws/json-client.ts';
import { createGetPublicKey, type GetPublicKey } from '../../lambda/shared/aws/kms.ts';
import { createKmsCall } from '../../lambda/shared/aws/kms-call.ts';
import type { ResolvedResource } from '../../local/resource.ts';
import type { Key } from '../../local/stand-ins/kms-keys.ts';
import { type StandIns, startStandIns } from '../../local/stand-ins/server.ts';
import { LOCAL_CLIENT, LOCAL_ENVIRONMENT } from './engine.ts';
import { PATIENT_CALLS } from './patience.ts';

export interface TestKms {
  readonly standIns: StandIns;
  readonly endpoint: string;
  /** An ES256 key. Its `state` may be set to try what a disabled key does. */
  readonly key: Key;
  /** An HMAC_256 key, for short codes. */
  readonly codeKey: Key;
  /** A symmetric key, which encrypts the private halves of rotating signing keys. */
  readonly encryptionKey: Key;
  /** The SDK's client. */
  readonly client: KMSClient;
  /** The functions' own client, with more time. */
  readonly call: JsonCall;
  readonly getPublicKey: GetPublicKey;
  connect(configuration?: KMSClientConfig): KMSClient;
  /** The functions' own client. @param limits @default more time than the functions have */
  createCall(endpoint: string, limits?: CallLimits): JsonCall;
  /** Every event that was published, in order. */
  readonly eventsFile: string;
  /** While it does not exist, tasks with the metadata `localFault` have the fault that they ask for. */
  readonly faultsClearedFile: string;
  close(): Promise<void>;
}

/** Stand-ins in a temporary folder, with one ES256, one HMAC and one symmetric key. `close` ends them. */
export const openKms = async (): Promise<TestKms> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  const eventsFile = join(folder, 'events.jsonl');
  const faultsClearedFile = join(folder, 'faults-cleared');
  const standIns = await startStandIns({ dataDirectory: folder, eventsFile, faultsClearedFile });
  const clients: KMSClient[] = [];
  const connect = (configuration: KMSClientConfig = {}): KMSClient => {
    const client = new KMSClient({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, ...configuration });
    clients.push(client);
    return client;
  };
  const createCall: TestKms['createCall'] = (endpoint, limits = PATIENT_CALLS) =>
    createKmsCall({ environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_KMS: endpoint }, limits });
  const call = createCall(standIns.endpoint);
  return {
    standIns,
    endpoint: standIns.endpoint,
    key: standIns.kms.ensureKey(aSigningKey()),
    codeKey: standIns.kms.ensureKey(aCodeKey()),
    encryptionKey: standIns.kms.ensureKey(anEncryptionKey()),
    client: connect(),
    call,
    getPublicKey: createGetPublicKey(call),
    connect,
    createCall,
    eventsFile,
    faultsClearedFile,
    close: async () => {
      for (const client of clients) client.destroy();
      await standIns.stop();
      rmSync(folder, { recursive: true });
    },
  };
};

/** The signing key as the state stack defines it. */
export const aSigningKey = (
  logicalId = 'SigningKey',
  properties: Readonly<Record<string, unknown>> = {},
): ResolvedResource => ({
  logicalId,
  type: 'AWS::KMS::Key',
  properties: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', ...properties },
});

/** The key of short codes as the state stack defines it. */
export const aCodeKey = (
  logicalId = 'CodeKey',
  properties: Readonly<Record<string, unknown>> = {},
): ResolvedResource => ({
  logicalId,
  type: 'AWS::KMS::Key',
  properties: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC', ...properties },
});

/** The key that encrypts private keys as the state stack defines it. */
export const anEncryptionKey = (logicalId = 'SigningKeyEncryptionKey'): ResolvedResource => ({
  logicalId,
  type: 'AWS::KMS::Key',
  properties: {},
});
