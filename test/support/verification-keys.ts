import type { SigningKeyItem } from '../../lambda/contract/signing-keys.ts';
import { createVerificationKeys, type VerificationKeys } from '../../lambda/shared/signing-keys/verification-keys.ts';
import { aSigningKeyItem } from './signing-keys.ts';
import type { SigningKey } from './tokens.ts';

/** Keys that verify, without a table. @param overrides members of every item */
export const verificationKeysOf = (
  keys: readonly Pick<SigningKey, 'publicKey'>[],
  overrides: Partial<SigningKeyItem> = {},
): VerificationKeys =>
  createVerificationKeys({
    read: async () => keys.map((key) => aSigningKeyItem(key, overrides)),
    kmsKeys: null,
    now: () => 0,
  });
