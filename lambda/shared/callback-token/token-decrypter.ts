import type { Refusal } from '../refusal.ts';

export interface TokenDecrypter {
  /** @returns the signed token inside, or why not; `unavailable` where the keys cannot be had */
  decrypt(token: string): Promise<string | Refusal>;
}

/** What the file beside the receiver's code exports as `createTokenDecrypter`. */
export type CreateTokenDecrypter = (secretName: string, now: () => number) => TokenDecrypter;

/** Five parts: encrypted. Three: signed, and for anybody to read. */
export const isEncrypted = (token: string): boolean => token.split('.', 6).length === 5;
