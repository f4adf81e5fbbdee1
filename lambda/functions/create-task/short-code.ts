import { GenerateMacCommand, type KMSClient } from '@aws-sdk/client-kms';

/** Length of a short code: 128 bits, 22 characters of base64url. */
const CODE_BYTES = 16;

/**
 * Derives the short code of a token. The same token always has the same code, so the code is not stored. Without the key it
 * cannot be computed from the token's claims.
 */
export type DeriveCode = (iss: string, jti: string) => Promise<string>;

/** Derives short codes with an HMAC key in KMS. Rejects if KMS is unavailable. */
export const createKmsShortCodes =
  (client: Pick<KMSClient, 'send'>, keyId: string): DeriveCode =>
  async (iss, jti) => {
    const { Mac: mac } = await client.send(
      new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from(`${iss}#${jti}`) }),
    );
    if (mac === undefined || mac.length < CODE_BYTES) throw new Error('The response of KMS has no MAC.');
    return Buffer.from(mac.subarray(0, CODE_BYTES)).toString('base64url');
  };
