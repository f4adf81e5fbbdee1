import { createHmac, timingSafeEqual } from 'node:crypto';
import type { GenerateMac } from '../aws/kms-mac.ts';
import { orUnavailable } from '../or-unavailable.ts';

/** Signs statements that the console itself verifies later. */
export interface ConsoleKey {
  /** @param parts the statement, its kind first: a MAC of one kind is not valid for another */
  sign(parts: readonly (string | number)[]): string;
  verify(parts: readonly (string | number)[], mac: string): boolean;
}

/** Returns the key. Rejects with `unavailable` if KMS is unavailable. */
export type GetConsoleKey = () => Promise<ConsoleKey>;

/** Input of the key derivation in KMS. A change of this text changes the key, and all open forms are refused. */
const DERIVATION = 'postern console 1';

/** Makes a key from secret bytes. */
export const createConsoleKey = (bytes: Uint8Array): ConsoleKey => {
  const macOf = (parts: readonly (string | number)[]) =>
    createHmac('sha256', bytes).update(JSON.stringify(parts)).digest();
  return {
    sign: (parts) => macOf(parts).toString('base64url'),
    verify: (parts, mac) => {
      const [expected, actual] = [macOf(parts), Buffer.from(mac, 'base64url')];
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
  };
};

/** Derives the key with a key in KMS, once for each process. Only the first page waits for KMS. */
export const createKmsConsoleKey = (generateMac: GenerateMac, keyId: string): GetConsoleKey => {
  let key: Promise<ConsoleKey> | undefined;
  return async () => {
    key ??= generateMac(keyId, DERIVATION).then(createConsoleKey);
    try {
      return await orUnavailable('key of the console', key);
    } catch (error) {
      // The next request tries again.
      key = undefined;
      throw error;
    }
  };
};
