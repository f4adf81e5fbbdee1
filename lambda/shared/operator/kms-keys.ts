import type { SigningKeyUse } from '../../contract/signing.ts';
import type { SigningKeyState } from '../../contract/signing-keys.ts';
import type { GetPublicKey } from '../aws/kms.ts';
import { fetchPublicKeys } from '../callback-token/public-keys.ts';
import type { KmsKeyView } from './signing-keys.ts';

const STATES: Readonly<Record<SigningKeyUse, SigningKeyState>> = {
  current: 'signing',
  next: 'next',
  previous: 'verifying',
  retired: 'retired',
};

/**
 * Creates the reading of the keys in KMS, in the order of their ids. A public key never changes, so that each one is fetched once.
 * @param uses use of each key
 */
export const createReadKmsKeys = (
  getPublicKey: GetPublicKey,
  keyIds: readonly string[] = [],
  uses: readonly SigningKeyUse[] = [],
): (() => Promise<readonly KmsKeyView[]>) => {
  let known: readonly KmsKeyView[] | undefined;
  return async () => {
    if (known === undefined) {
      const keys = await fetchPublicKeys(getPublicKey, keyIds);
      known = keys.map(({ alg, kid }, i) => ({ kid, alg, state: STATES[uses[i] ?? 'previous'] }));
    }
    return known;
  };
};
