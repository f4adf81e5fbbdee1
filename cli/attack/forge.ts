import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';

/** The three parts of a signed token, each as text and the first two decoded. */
export interface TokenParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signature: string;
}

/** @throws {Error} if it is no signed token. The message does not quote it. */
export const takeApart = (token: string): TokenParts => {
  const [header = '', claims = '', signature = '', ...more] = token.split('.');
  if (signature === '' || more.length > 0) throw new Error('The token has not three parts.');
  return { header: decode(header), claims: decode(claims), signature };
};

/** A token with another header or other claims, and still the old signature. */
export const tamper = (
  token: string,
  changes: { readonly header?: object; readonly claims?: object; readonly signature?: string },
): string => {
  const { claims, header, signature } = takeApart(token);
  return [
    encode({ ...header, ...changes.header }),
    encode({ ...claims, ...changes.claims }),
    changes.signature ?? signature,
  ].join('.');
};

/** The token with another text for its claims. Header and signature stay. */
export const withClaimsText = (token: string, edit: (json: string) => string): string => {
  const [header, claims = '', signature] = token.split('.');
  const text = edit(Buffer.from(claims, 'base64url').toString());
  return [header, Buffer.from(text).toString('base64url'), signature].join('.');
};

/** A key of the attacker. */
export interface AttackerKey {
  readonly publicJwk: JsonWebKey;
  /** Signs a header and claims as a compact JWS. */
  readonly sign: (header: object, claims: object) => string;
}

/** Makes a key for the algorithm of a token. */
export const createAttackerKey = (alg: unknown): AttackerKey => {
  const { privateKey, publicKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicJwk: publicKey.export({ format: 'jwk' }),
    sign: (header, claims) => {
      const input = `${encode(header)}.${encode(claims)}`;
      return `${input}.${signatureOf(input, privateKey)}`;
    },
  };
};

const signatureOf = (input: string, key: KeyObject): string =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');

/** A token with an HMAC whose secret is the public key (RFC 8725 §2.1). */
export const signWithPublicKey = (token: string, publicJwk: JsonWebKey): string => {
  const { claims, header } = takeApart(token);
  const input = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
  const pem = createPublicKey({ key: publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
};

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString());
