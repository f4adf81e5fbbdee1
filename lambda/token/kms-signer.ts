import { createHash } from 'node:crypto';
import { type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { CallbackTokenAlgorithm } from '../contract/claims.ts';
import type { PublicKey } from './public-keys.ts';
import type { TokenSigner } from './signer.ts';

const KMS_ALGORITHM = { ES256: 'ECDSA_SHA_256', RS256: 'RSASSA_PKCS1_V1_5_SHA_256' } as const satisfies Record<
  CallbackTokenAlgorithm,
  string
>;

/**
 * A signer whose key stays in KMS. The digest is sent, not the message: `RAW` stops at 4,096 bytes.
 * @param publicKey the public half of `keyId`, which decides algorithm and `kid`
 */
export const createKmsSigner = (client: Pick<KMSClient, 'send'>, keyId: string, publicKey: PublicKey): TokenSigner => ({
  alg: publicKey.alg,
  kid: publicKey.kid,
  sign: async (signingInput) => {
    const { Signature: signature } = await client.send(
      new SignCommand({
        KeyId: keyId,
        Message: createHash('sha256').update(signingInput).digest(),
        MessageType: 'DIGEST',
        SigningAlgorithm: KMS_ALGORITHM[publicKey.alg],
      }),
    );
    if (signature === undefined) throw new Error('KMS answered without a signature.');
    return publicKey.alg === 'ES256' ? joseFromDer(signature, 32) : signature;
  },
});

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * The two integers of a DER `ECDSA-Sig-Value` as r‖s, each `size` bytes (RFC 7518 §3.4).
 * @throws {Error} for anything that is not one
 */
export const joseFromDer = (der: Uint8Array, size: number): Uint8Array => {
  const out = new Uint8Array(2 * size);
  // P-256 signatures are at most 72 bytes long, so every length is one byte.
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) throw new Error('Not a DER signature.');
  let offset = 2;
  for (const end of [size, 2 * size]) {
    const length = der[offset + 1] ?? 0;
    const integer = der.subarray(offset + 2, offset + 2 + length);
    if (der[offset] !== INTEGER || length === 0 || integer.length !== length) throw new Error('Not a DER signature.');
    // A leading zero keeps the integer positive; short integers are padded on the left.
    const magnitude = integer[0] === 0 ? integer.subarray(1) : integer;
    if (magnitude.length > size) throw new Error('Not a DER signature of this size.');
    out.set(magnitude, end - magnitude.length);
    offset += 2 + length;
  }
  if (offset !== der.length) throw new Error('Not a DER signature.');
  return out;
};
