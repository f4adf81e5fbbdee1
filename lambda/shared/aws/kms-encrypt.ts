import type { JsonCall } from './json-client.ts';
import { readBytes } from './kms-call.ts';

/**
 * Calls KMS to encrypt up to 4,096 bytes with a symmetric key. Only with the same encryption context KMS decrypts them.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
 * @throws {Error} whose `name` is the error code of KMS
 */
export type Encrypt = (
  keyId: string,
  plaintext: Uint8Array,
  encryptionContext: Readonly<Record<string, string>>,
) => Promise<Buffer>;

/** Creates the call `kms:Encrypt` without the SDK. */
export const createEncrypt =
  (call: JsonCall): Encrypt =>
  async (keyId, plaintext, encryptionContext) => {
    const input = {
      KeyId: keyId,
      Plaintext: Buffer.from(plaintext).toString('base64'),
      EncryptionContext: encryptionContext,
    };
    return readBytes(await call('Encrypt', JSON.stringify(input)), 'CiphertextBlob');
  };
