import type { GenerateMac } from '../aws/kms-mac.ts';

/** Length of a short code: 128 bits, 22 characters of base64url. */
const CODE_BYTES = 16;

/**
 * Derives the short code of a token. The same token always has the same code, so the code is not stored. Without the key it
 * cannot be computed from the token's claims.
 */
export type DeriveCode = (iss: string, jti: string) => Promise<string>;

/** Derives short codes with an HMAC key in KMS. Rejects if KMS is unavailable. */
export const createKmsShortCodes =
  (generateMac: GenerateMac, keyId: string): DeriveCode =>
  async (iss, jti) => {
    const mac = await generateMac(keyId, `${iss}#${jti}`);
    if (mac.length < CODE_BYTES) throw new Error(`The MAC of KMS has ${mac.length} bytes; expected ${CODE_BYTES}.`);
    return Buffer.from(mac.subarray(0, CODE_BYTES)).toString('base64url');
  };
