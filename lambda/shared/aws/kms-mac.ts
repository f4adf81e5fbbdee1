import { createJsonClient, type JsonClientOptions } from './json-client.ts';

/**
 * Calls KMS for the HMAC of a message. The key stays in KMS.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
 * @throws {Error} whose `name` is the error code of KMS
 */
export type GenerateMac = (keyId: string, message: string) => Promise<Uint8Array>;

/** Creates the call `kms:GenerateMac` with SHA-256, without the SDK. */
export const createGenerateMac = (options: JsonClientOptions): GenerateMac => {
  const call = createJsonClient(
    { name: 'kms', target: 'TrentService', contentType: 'application/x-amz-json-1.1', parse: JSON.parse },
    options,
  );
  return async (keyId, message) => {
    const input = {
      KeyId: keyId,
      MacAlgorithm: 'HMAC_SHA_256',
      Message: Buffer.from(message).toString('base64'),
    };
    const { Mac } = (await call('GenerateMac', JSON.stringify(input))) as { readonly Mac?: string };
    if (Mac === undefined) throw new Error('KMS answered without a MAC.');
    return Buffer.from(Mac, 'base64');
  };
};
