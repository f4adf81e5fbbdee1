import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import { signingKeyContext } from '../../contract/signing-keys.ts';
import type { JsonCall } from '../../shared/aws/json-client.ts';
import { readBytes } from '../../shared/aws/kms-call.ts';

/** A key pair. KMS encrypted the private half, and this function never has it in clear. */
export interface KeyPair {
  /** Members of the public key as a JWK. */
  readonly publicKey: JsonWebKey;
  readonly encryptedPrivateKey: Uint8Array;
}

/**
 * Makes a key pair.
 * @param id member of the encryption context
 * @throws {Error} whose `name` is the error code of KMS
 */
export type MakeKeyPair = (algorithm: CallbackTokenAlgorithm, id: string) => Promise<KeyPair>;

const KEY_PAIR_SPECS: Readonly<Record<CallbackTokenAlgorithm, string>> = { ES256: 'ECC_NIST_P256', RS256: 'RSA_2048' };

/**
 * Creates the call `kms:GenerateDataKeyPairWithoutPlaintext`.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html
 * @param keyId ARN of the symmetric key that encrypts private keys
 */
export const createMakeKeyPair =
  (call: JsonCall, keyId: string, environment: string): MakeKeyPair =>
  async (algorithm, id) => {
    const input = {
      KeyId: keyId,
      KeyPairSpec: KEY_PAIR_SPECS[algorithm],
      EncryptionContext: signingKeyContext(environment, id),
    };
    const answer = await call('GenerateDataKeyPairWithoutPlaintext', JSON.stringify(input));
    const der = readBytes(answer, 'PublicKey');
    return {
      publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ format: 'jwk' }),
      encryptedPrivateKey: readBytes(answer, 'PrivateKeyCiphertextBlob'),
    };
  };
