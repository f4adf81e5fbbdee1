import type { Refusal } from '../refusal.ts';

export interface TokenDecrypter {
  /** @returns the signed token inside, or a refusal: `unavailable` if the keys cannot be loaded */
  decrypt(token: string): Promise<string | Refusal>;
}

/** The export `createTokenDecrypter` of the file beside the receiver's code. */
export type CreateTokenDecrypter = (secretName: string, now: () => number) => TokenDecrypter;

/** True for a token of five parts. A signed token has three. */
export const isEncrypted = (token: string): boolean => token.split('.', 6).length === 5;
