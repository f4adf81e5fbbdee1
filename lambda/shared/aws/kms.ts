import type { JsonCall } from './json-client.ts';

/** Description of a public key in KMS. https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html */
export interface DescribedPublicKey {
  /** X.509 SubjectPublicKeyInfo in DER. */
  readonly PublicKey?: Uint8Array | undefined;
  readonly KeySpec?: string | undefined;
  readonly KeyUsage?: string | undefined;
}

/**
 * Calls KMS for a public key.
 * @throws {Error} whose `name` is the error code of KMS
 */
export type GetPublicKey = (keyId: string) => Promise<DescribedPublicKey>;

/** Creates the call `kms:GetPublicKey` without the SDK. */
export const createGetPublicKey =
  (call: JsonCall): GetPublicKey =>
  async (keyId) => {
    const response = (await call('GetPublicKey', JSON.stringify({ KeyId: keyId }))) as Readonly<
      Record<keyof DescribedPublicKey, string | undefined>
    >;
    return {
      KeySpec: response.KeySpec,
      KeyUsage: response.KeyUsage,
      PublicKey: response.PublicKey === undefined ? undefined : Buffer.from(response.PublicKey, 'base64'),
    };
  };
