import type { JsonCall } from './json-client.ts';
import { readBytes } from './kms-call.ts';

/**
 * Calls KMS for the signature of a SHA-256 digest. The key stays in KMS.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 * @returns the signature as KMS answers it: DER for ECDSA
 * @throws {Error} whose `name` is the error code of KMS
 */
export type SignDigest = (
  keyId: string,
  digest: Uint8Array,
  algorithm: 'ECDSA_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_256',
) => Promise<Uint8Array>;

export const createSignDigest =
  (call: JsonCall): SignDigest =>
  async (keyId, digest, algorithm) => {
    const input = {
      KeyId: keyId,
      Message: Buffer.from(digest).toString('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: algorithm,
    };
    return readBytes(await call('Sign', JSON.stringify(input)), 'Signature');
  };
