import type { JsonCall } from './json-client.ts';
import { readBytes } from './kms-call.ts';

/**
 * Calls KMS to decrypt with a symmetric key. KMS refuses another encryption context than the one of the encryption.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
 * @throws {Error} whose `name` is the error code of KMS
 */
export type Decrypt = (
  keyId: string,
  ciphertext: Uint8Array,
  encryptionContext: Readonly<Record<string, string>>,
) => Promise<Buffer>;

export const createDecrypt =
  (call: JsonCall): Decrypt =>
  async (keyId, ciphertext, encryptionContext) => {
    // With `KeyId`, KMS uses only this key, whatever key the ciphertext names.
    const input = {
      KeyId: keyId,
      CiphertextBlob: Buffer.from(ciphertext).toString('base64'),
      EncryptionContext: encryptionContext,
    };
    return readBytes(await call('Decrypt', JSON.stringify(input)), 'Plaintext');
  };
