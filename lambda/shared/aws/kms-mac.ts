import type { JsonCall } from './json-client.ts';
import { readBytes } from './kms-call.ts';

/**
 * Calls KMS for the HMAC of a message. The key stays in KMS.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
 * @throws {Error} whose `name` is the error code of KMS
 */
export type GenerateMac = (keyId: string, message: string) => Promise<Uint8Array>;

/** Creates the call `kms:GenerateMac` with SHA-256, without the SDK. */
export const createGenerateMac =
  (call: JsonCall): GenerateMac =>
  async (keyId, message) => {
    const input = {
      KeyId: keyId,
      MacAlgorithm: 'HMAC_SHA_256',
      Message: Buffer.from(message).toString('base64'),
    };
    return readBytes(await call('GenerateMac', JSON.stringify(input)), 'Mac');
  };
