import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { TokenSigner } from '../../../lambda/shared/callback-token/signer.ts';
import { thumbprintOf } from '../../../lambda/shared/callback-token/thumbprint.ts';
import { refuse } from '../../../lambda/shared/refusal.ts';
import type { VerificationKeys } from '../../../lambda/shared/signing-keys/verification-keys.ts';

export interface KitSigningKey {
  readonly signer: TokenSigner;
  readonly keys: VerificationKeys;
  /** Digest that looks like the signature of a presigned URL. */
  readonly signText: (text: string) => string;
}

/** Creates the key of one run. It is never stored. */
export const createKitSigningKey = (): KitSigningKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = thumbprintOf(publicKey.export({ format: 'jwk' }));
  return {
    signer: {
      alg: 'ES256',
      kid,
      sign: async (input) => sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    },
    keys: {
      refresh: () => undefined,
      find: async (wanted) =>
        wanted === kid
          ? { alg: 'ES256', key: publicKey, maySignAt: () => true }
          : refuse('token_key_unknown', 'not the key of this run'),
    },
    signText: (text) =>
      createHash('sha256')
        .update(sign('sha256', Buffer.from(text), privateKey))
        .digest('hex'),
  };
};
