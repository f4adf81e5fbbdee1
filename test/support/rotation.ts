import { createDynamoDBKeyStore } from '../../lambda/functions/rotate-signing-key/dynamodb-key-store.ts';
import { createMakeKeyPair } from '../../lambda/functions/rotate-signing-key/make-key-pair.ts';
import { createRotation, type RotationOptions } from '../../lambda/functions/rotate-signing-key/rotate-signing-key.ts';
import { createDynamoDBClient } from '../../lambda/shared/aws/dynamodb.ts';
import { createGetPublicKey } from '../../lambda/shared/aws/kms.ts';
import { fetchPublicKeys } from '../../lambda/shared/callback-token/public-keys.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { LOCAL_ENVIRONMENT, type TestStore } from './engine.ts';
import type { TestKms } from './kms.ts';
import { PATIENT_CALLS } from './patience.ts';
import { NOW } from './tokens.ts';

export interface RotationFixtureOptions extends Partial<Pick<RotationOptions, 'algorithm' | 'every'>> {
  readonly store: TestStore;
  readonly kms: TestKms;
  /** ARNs of the keys in KMS of the settings. */
  readonly keyIds?: readonly string[];
  /** Endpoints of proxies. @default those of the engine and the stand-in */
  readonly endpoints?: { readonly dynamodb?: string; readonly kms?: string };
}

/** Runs of the rotation at times that a test chooses, with the function's own clients. */
export const aRotation = (options: RotationFixtureOptions) => {
  const { algorithm = 'ES256', endpoints = {}, every = 86_400, keyIds = [], kms, store } = options;
  const environment = { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb ?? store.endpoint };
  const dynamodb = createDynamoDBClient({ environment, limits: PATIENT_CALLS, wait: async () => undefined });
  const kmsCall = kms.createCall(endpoints.kms ?? kms.endpoint);
  const lines: Record<string, unknown>[] = [];
  const waits: number[] = [];
  let clock = NOW * 1_000;
  let ids = 0;
  const rotate = createRotation({
    algorithm,
    every,
    store: createDynamoDBKeyStore(dynamodb, store.signingKeysTable),
    makeKeyPair: createMakeKeyPair(kmsCall, kms.encryptionKey.arn, 'test'),
    keysInKms: () => fetchPublicKeys(createGetPublicKey(kmsCall), keyIds),
    hasKeysInKms: keyIds.length > 0,
    randomId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    logger: createLogger('test', 'rotate-signing-key', (line) => lines.push(JSON.parse(line))),
    now: () => clock,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      clock += milliseconds;
    },
  });
  return {
    /** Log lines of all runs. */
    lines,
    /** Milliseconds of each wait. */
    waits,
    /** Runs at a number of seconds after `NOW`. */
    at: async (seconds: number): Promise<void> => {
      clock = (NOW + seconds) * 1_000;
      await rotate();
    },
  };
};
