import { GenerateMacCommand, type KMSClient } from '@aws-sdk/client-kms';

/** 128 bits: 22 characters of base64url. */
const CODE_BYTES = 16;

/**
 * Derives the short code of a token. The same token has the same code each time, and without the key nobody can tell it
 * from the token's claims: so it need not be stored.
 */
export type DeriveCode = (iss: string, jti: string) => Promise<string>;

/** Codes by an HMAC key that stays in KMS. Rejects when KMS does not answer. */
export const createKmsCodes =
  (client: Pick<KMSClient, 'send'>, keyId: string): DeriveCode =>
  async (iss, jti) => {
    const { Mac: mac } = await client.send(
      new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from(`${iss}#${jti}`) }),
    );
    if (mac === undefined || mac.length < CODE_BYTES) throw new Error('KMS answered without a MAC.');
    return Buffer.from(mac.subarray(0, CODE_BYTES)).toString('base64url');
  };
