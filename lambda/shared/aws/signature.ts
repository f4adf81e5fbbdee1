import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { Credentials } from './credentials.ts';

/** A POST to the root of a service. */
export interface UnsignedRequest {
  /** Value of the `Host` header. */
  readonly host: string;
  /** Names in lower case, in any order. `host` and the headers of the signature are added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Signer {
  /**
   * Returns the headers, with those of the signature.
   * @param now milliseconds since 1970, by the service's clock
   */
  sign(request: UnsignedRequest, credentials: Credentials, now: number): Record<string, string>;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Creates a signer for AWS Signature Version 4. The signing key is derived once for each day, Region and service.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const createSigner = (region: string, service: string): Signer => {
  let derived: { readonly from: string; readonly key: KeyObject } | undefined;

  const signingKey = (secret: string, day: string): KeyObject => {
    const from = `${day} ${secret}`;
    if (derived?.from !== from) {
      const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`) as Buffer;
      // Kept as a KeyObject: `createHmac` would convert the bytes on every request.
      derived = { from, key: createSecretKey(key) };
    }
    return derived.key;
  };

  return {
    sign: ({ body, headers, host }, { accessKeyId, secretAccessKey, sessionToken }, now) => {
      // 2026-11-26T20:00:00.000Z → 20261126T200000Z
      const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
      const day = time.slice(0, 8);
      const scope = `${day}/${region}/${service}/aws4_request`;
      const signed: Record<string, string> = {
        ...headers,
        host,
        'x-amz-date': time,
        ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
      };
      const names = Object.keys(signed).sort();
      const lines = names.map((name) => `${name}:${signed[name]}\n`).join('');
      const signedHeaders = names.join(';');
      const canonical = `POST\n/\n\n${lines}\n${signedHeaders}\n${sha256(body)}`;
      const toSign = `${ALGORITHM}\n${time}\n${scope}\n${sha256(canonical)}`;
      const signature = hmac(signingKey(secretAccessKey, day), toSign).toString('hex');
      signed.authorization = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
      return signed;
    },
  };
};

const sha256 = (text: string): string => hash('sha256', text);
const hmac = (key: string | Buffer | KeyObject, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();
