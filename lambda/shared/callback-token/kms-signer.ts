import { createHash } from 'node:crypto';
import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import type { SignDigest } from '../aws/kms-sign.ts';
import { joseFromDer } from './ecdsa-signature.ts';
import type { PublicKey } from './public-keys.ts';
import type { TokenSigner } from './signer.ts';

const KMS_ALGORITHM = { ES256: 'ECDSA_SHA_256', RS256: 'RSASSA_PKCS1_V1_5_SHA_256' } as const satisfies Record<
  CallbackTokenAlgorithm,
  string
>;

/**
 * Creates a signer with a key that stays in KMS. It sends the digest, because KMS signs raw messages only up to 4,096 bytes.
 * @param publicKey the public half of `keyId`; it determines algorithm and `kid`
 */
export const createKmsSigner = (signDigest: SignDigest, keyId: string, publicKey: PublicKey): TokenSigner => ({
  alg: publicKey.alg,
  kid: publicKey.kid,
  sign: async (signingInput) => {
    const digest = createHash('sha256').update(signingInput).digest();
    const signature = await signDigest(keyId, digest, KMS_ALGORITHM[publicKey.alg]);
    return publicKey.alg === 'ES256' ? joseFromDer(signature, 32) : signature;
  },
});
