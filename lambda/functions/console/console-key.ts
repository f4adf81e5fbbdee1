import { createHmac, timingSafeEqual } from 'node:crypto';
import type { GenerateMac } from '../../shared/aws/kms-mac.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';

/** Signs short statements of the console's, for the console itself to read again. */
export interface ConsoleKey {
  /** @param parts what is said, the kind of statement first: a MAC of one kind is good for no other */
  sign(parts: readonly (string | number)[]): string;
  verify(parts: readonly (string | number)[], mac: string): boolean;
}

/** Gives the key. Rejects with `unavailable` when it cannot be had. */
export type GetConsoleKey = () => Promise<ConsoleKey>;

/** What KMS makes the MAC of. Another text is another key: then all forms that are open are refused. */
const DERIVATION = 'postern console 1';

/** A key by bytes that nobody else knows. */
export const createConsoleKey = (bytes: Uint8Array): ConsoleKey => {
  const macOf = (parts: readonly (string | number)[]) =>
    createHmac('sha256', bytes).update(JSON.stringify(parts)).digest();
  return {
    sign: (parts) => macOf(parts).toString('base64url'),
    verify: (parts, mac) => {
      const [expected, given] = [macOf(parts), Buffer.from(mac, 'base64url')];
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
};

/** A key that is derived with a key in KMS, once for each process: no page waits for KMS but the first. */
export const createKmsConsoleKey = (generateMac: GenerateMac, keyId: string): GetConsoleKey => {
  let key: Promise<ConsoleKey> | undefined;
  return async () => {
    key ??= generateMac(keyId, DERIVATION).then(createConsoleKey);
    try {
      return await orUnavailable('key of the console', key);
    } catch (error) {
      // The next request asks again.
      key = undefined;
      throw error;
    }
  };
};
