import { createJsonClient, type JsonClientOptions } from './json-client.ts';

/** What KMS says of a public key. https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html */
export interface DescribedPublicKey {
  /** X.509 SubjectPublicKeyInfo in DER. */
  readonly PublicKey?: Uint8Array | undefined;
  readonly KeySpec?: string | undefined;
  readonly KeyUsage?: string | undefined;
}

/**
 * Asks KMS for a public key, by whatever client.
 * @throws {Error} whose `name` is the code of the answer of KMS
 */
export type GetPublicKey = (keyId: string) => Promise<DescribedPublicKey>;

/** `kms:GetPublicKey` without the SDK. */
export const createGetPublicKey = (options: JsonClientOptions): GetPublicKey => {
  const call = createJsonClient(
    { name: 'kms', target: 'TrentService', contentType: 'application/x-amz-json-1.1', parse: JSON.parse },
    options,
  );
  return async (keyId) => {
    const answer = (await call('GetPublicKey', JSON.stringify({ KeyId: keyId }))) as Readonly<
      Record<keyof DescribedPublicKey, string | undefined>
    >;
    return {
      KeySpec: answer.KeySpec,
      KeyUsage: answer.KeyUsage,
      PublicKey: answer.PublicKey === undefined ? undefined : Buffer.from(answer.PublicKey, 'base64'),
    };
  };
};
