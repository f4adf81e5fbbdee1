import { createGetPublicKey } from '../aws/kms.ts';
import { createKmsCall } from '../aws/kms-call.ts';
import { fetchPublicKeys, loadEagerly, type PublicKey } from './public-keys.ts';

/**
 * Begins to load the public keys of KMS.
 * @param keyIds their ARNs. undefined: KMS signs no tokens of the environment
 * @returns null without keys
 */
export const loadKmsKeys = (
  keyIds: readonly string[] | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): (() => Promise<readonly PublicKey[]>) | null =>
  keyIds === undefined
    ? null
    : loadEagerly(() => fetchPublicKeys(createGetPublicKey(createKmsCall({ environment })), keyIds));
