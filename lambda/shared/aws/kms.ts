import { createJsonClient, type JsonClientOptions } from './json-client.ts';

/** Description of a public key in KMS. https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html */
export interface DescribedPublicKey {
  /** X.509 SubjectPublicKeyInfo in DER. */
  readonly PublicKey?: Uint8Array | undefined;
  readonly KeySpec?: string | undefined;
  readonly KeyUsage?: string | undefined;
}

/**
 * Calls KMS for a public key, with our client or with the SDK's.
 * @throws {Error} whose `name` is the error code of KMS
 */
export type GetPublicKey = (keyId: string) => Promise<DescribedPublicKey>;

/** Creates the call `kms:GetPublicKey` without the SDK. */
export const createGetPublicKey = (options: JsonClientOptions): GetPublicKey => {
  const call = createJsonClient(
    { name: 'kms', target: 'TrentService', contentType: 'application/x-amz-json-1.1', parse: JSON.parse },
    options,
  );
  return async (keyId) => {
    const response = (await call('GetPublicKey', JSON.stringify({ KeyId: keyId }))) as Readonly<
      Record<keyof DescribedPublicKey, string | undefined>
    >;
    return {
      KeySpec: response.KeySpec,
      KeyUsage: response.KeyUsage,
      PublicKey: response.PublicKey === undefined ? undefined : Buffer.from(response.PublicKey, 'base64'),
    };
  };
};
