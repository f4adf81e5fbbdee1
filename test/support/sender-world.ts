import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { AWS_CALLS, type CallLimits } from '../../lambda/contract/limits.ts';
import { CLIENT_CONFIGURATION } from '../../lambda/shared/aws/client-configuration.ts';
import { fetchPublicKeys } from '../../lambda/shared/callback-token/public-keys.ts';
import { aTasksTable, openStore, type TestStore } from './engine.ts';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import { openIdentityProvider, type TestIdentityProvider } from './identity-provider.ts';
import { openKms, type TestKms } from './kms.ts';
import { PATIENT_CALLS, patiently } from './patience.ts';
import { aReceiver, type ReceiverFixture, type ReceiverFixtureOptions } from './receiver.ts';
import {
  anOpenFunction,
  aTasksFunction,
  type OpenFunctionOptions,
  type SenderFunction,
  type TasksFunctionOptions,
} from './sender-api.ts';
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
  opener(more?: Partial<OpenFunctionOptions>): SenderFunction;
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
  const clients = (limits: CallLimits) => ({
    dynamodb: store.createCall(dynamodb.endpoint, limits),
    kms: kms.createCall(keyService.endpoint, limits),
  });
  const sdk = (configuration: DynamoDBClientConfig) => ({
    dynamodb: store.connect({ ...configuration, endpoint: dynamodb.endpoint }),
  });
  const common = () => ({ verifier: idp.verifier(), accessToken, tasksTable: store.tasksTable });
  const opener: SenderWorld['opener'] = (more) =>
    anOpenFunction({
      ...common(),
      ...clients({ ...PATIENT_CALLS, attempts: ATTEMPTS }),
      lookupsTable: store.lookupsTable,
      patient: true,
      keyId: kms.key.arn,
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
    opener,
    timeLimited: () => clients({ ...AWS_CALLS, attempts: ATTEMPTS }),
    timeLimitedTasks: () => sdk(FEW_ATTEMPTS),
    tasks: (more) => aTasksFunction({ ...common(), ...sdk(patiently(FEW_ATTEMPTS)), ...more }),
    receiver: async (more) => {
      const publicKeys = await fetchPublicKeys(kms.getPublicKey, [kms.key.arn]);
      return aReceiver({ store, keys: publicKeys.map((publicKey) => ({ publicKey }) as SigningKey), ...more });
    },
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
