import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { AWS_CALLS, type CallLimits } from '../../lambda/contract/call-limits.ts';
import { NEVER } from '../../lambda/contract/limits.ts';
import type { SigningKind } from '../../lambda/contract/signing.ts';
import { CLIENT_CONFIGURATION } from '../../lambda/shared/aws/client-configuration.ts';
import { fetchPublicKeys, type PublicKey } from '../../lambda/shared/callback-token/public-keys.ts';
import { readSigning } from '../../local/signing.ts';
import { aTasksTable, openStore, type TestStore } from './engine.ts';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import { openIdentityProvider, type TestIdentityProvider } from './identity-provider.ts';
import { openKms, type TestKms } from './kms.ts';
import { PATIENT_CALLS, patiently } from './patience.ts';
import { aReceiver, type ReceiverFixture, type ReceiverFixtureOptions } from './receiver.ts';
import {
  anOpenFunction,
  aTasksFunction,
  type OpenFunction,
  type OpenFunctionOptions,
  type SenderFunction,
  type TasksFunctionOptions,
} from './sender-api.ts';
import { makeSigningKey, putSigningKey, type StoredSigningKey } from './signing-keys.ts';
import type { SigningKey } from './tokens.ts';

/** Dependencies of the functions of the sender API, each behind a proxy that can fail. */
export interface SenderWorld {
  readonly store: TestStore;
  readonly kms: TestKms;
  readonly idp: TestIdentityProvider;
  readonly dynamodb: FaultProxy;
  readonly keyService: FaultProxy;
  /** An access token of a sender with both scopes. */
  readonly accessToken: string;
  /** The key of the table that signs, at any time of a test. */
  readonly rotatingKey: StoredSigningKey;
  /** Signs as `POSTERN_SIGNING` says, by default with `rotatingKey`, unless `more` has another way. */
  opener(more?: Partial<OpenFunctionOptions>): OpenFunction;
  /** Options of the opener for a way to sign. */
  signBy(kind: SigningKind): Pick<OpenFunctionOptions, 'signing'>;
  /** The public keys of both ways to sign. */
  publicKeys(): Promise<readonly PublicKey[]>;
  /** Clients with the function's own time limits, for a dependency that never answers. The others wait for minutes. */
  timeLimited(): Pick<OpenFunctionOptions, 'dynamodb' | 'kms'>;
  timeLimitedTasks(): Pick<TasksFunctionOptions, 'dynamodb'>;
  tasks(more?: Partial<TasksFunctionOptions>): SenderFunction;
  /** The receiver of what the opener issues. */
  receiver(more?: Partial<ReceiverFixtureOptions>): Promise<ReceiverFixture>;
  /** No faults, nothing counted. */
  clear(): void;
  close(): Promise<void>;
}

/** Two attempts instead of four: a dependency that fails costs a wait between each two, a silent one a second each. */
const ATTEMPTS = 2;
const FEW_ATTEMPTS = { ...CLIENT_CONFIGURATION, maxAttempts: ATTEMPTS };

/** Opens it all; `close` ends it. */
export const openSenderWorld = async (tasksTable = aTasksTable()): Promise<SenderWorld> => {
  const [store, kms, idp] = await Promise.all([openStore(tasksTable), openKms(), openIdentityProvider()]);
  const [dynamodb, keyService] = await Promise.all([openFaultProxy(store.endpoint), openFaultProxy(kms.endpoint)]);
  const accessToken = await idp.accessToken();
  const rotatingKey = await makeSigningKey(kms, { publishedAt: 0, signUntil: NEVER, verifyUntil: NEVER });
  await putSigningKey(store, rotatingKey.item);
  const clients = (limits: CallLimits) => ({
    dynamodb: store.createCall(dynamodb.endpoint, limits),
    kms: kms.createCall(keyService.endpoint, limits),
  });
  const sdk = (configuration: DynamoDBClientConfig) => ({
    dynamodb: store.connect({ ...configuration, endpoint: dynamodb.endpoint }),
  });
  const common = () => ({ verifier: idp.verifier(), accessToken, tasksTable: store.tasksTable });
  const signBy: SenderWorld['signBy'] = (kind) => ({
    signing: {
      POSTERN_ENVIRONMENT: 'test',
      SIGNING: kind,
      SIGNING_KEYS_TABLE: store.signingKeysTable,
      SIGNING_KEY_IDS: kind === 'kms' ? [kms.key.arn] : undefined,
      SIGNING_ENCRYPTION_KEY_ID: kind === 'rotating' ? kms.encryptionKey.arn : undefined,
    },
  });
  const publicKeys = async () => [rotatingKey.publicKey, ...(await fetchPublicKeys(kms.getPublicKey, [kms.key.arn]))];
  const opener: SenderWorld['opener'] = (more) =>
    anOpenFunction({
      ...common(),
      ...clients({ ...PATIENT_CALLS, attempts: ATTEMPTS }),
      lookupsTable: store.lookupsTable,
      patient: true,
      ...signBy(readSigning(process.env)),
      // Past the proxy, so that tests count the requests of tasks.
      keysCall: store.createCall(),
      codeKeyId: kms.codeKey.arn,
      ...more,
    });
  return {
    store,
    kms,
    idp,
    dynamodb,
    keyService,
    accessToken,
    rotatingKey,
    opener,
    signBy,
    publicKeys,
    timeLimited: () => clients({ ...AWS_CALLS, attempts: ATTEMPTS }),
    timeLimitedTasks: () => sdk(FEW_ATTEMPTS),
    tasks: (more) => aTasksFunction({ ...common(), ...sdk(patiently(FEW_ATTEMPTS)), ...more }),
    receiver: async (more) =>
      aReceiver({
        store,
        keys: (await publicKeys()).map((publicKey) => ({ publicKey }) as SigningKey),
        ...more,
      }),
    clear: () => {
      dynamodb.clear();
      keyService.clear();
    },
    close: async () => {
      await Promise.all([dynamodb.close(), keyService.close()]);
      await Promise.all([store.close(), kms.close(), idp.close()]);
    },
  };
};

/** The members of a response to `POST /v1/tasks` that tests read. */
export interface Opened {
  readonly taskId: string;
  readonly status: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly callbacks: Readonly<
    Record<string, { readonly url: string; readonly token?: string; readonly maxUses: number; readonly grade: string }>
  >;
}

/** A request to open a task; say what is different. */
export const aTaskBody = (overrides: Record<string, unknown> = {}) => ({
  processor: 'acme-ocr',
  resource: 'invoice-77',
  expiresIn: 3_600,
  ...overrides,
});
