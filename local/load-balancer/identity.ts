import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { COOKIE_KEY_BYTES } from './encrypted-cookie.ts';

/** Keys of the load balancer: one signs the user's claims, one encrypts cookies. Kept over restarts. */
export interface LoadBalancerIdentity {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKeyPem: string;
  readonly cookieKey: Uint8Array;
}

interface IdentityFile {
  readonly kid: string;
  readonly privateKey: string;
  /** The key of cookies. Existing data folders have this name. */
  readonly sealKey: string;
}

/** Reads the identity from its file, or creates the file (mode 0600). */
export const loadIdentity = (file: string): LoadBalancerIdentity => {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made: IdentityFile = {
      kid: randomUUID(),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      sealKey: randomBytes(COOKIE_KEY_BYTES).toString('base64url'),
    };
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  }
  const { kid, privateKey, sealKey } = JSON.parse(readFileSync(file, 'utf8')) as IdentityFile;
  const key = createPrivateKey(privateKey);
  return {
    kid,
    privateKey: key,
    publicKeyPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    cookieKey: Buffer.from(sealKey, 'base64url'),
  };
};

/** Lifetime of a signed user assertion. */
const ASSERTION_LIFETIME_SECONDS = 120;

export interface UserAssertion {
  /** Claims of the user, as the provider's userinfo endpoint gave them. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly issuer: string;
  readonly clientId: string;
  readonly loadBalancerArn: string;
}

/**
 * `x-amzn-oidc-data`: ES256 over padded base64url, with the expiry in the header.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#user-claims-encoding
 * @param now milliseconds since 1970
 */
export const signUserAssertion = (identity: LoadBalancerIdentity, user: UserAssertion, now: number): string => {
  const exp = Math.floor(now / 1000) + ASSERTION_LIFETIME_SECONDS;
  const header = {
    typ: 'JWT',
    kid: identity.kid,
    alg: 'ES256',
    iss: user.issuer,
    client: user.clientId,
    signer: user.loadBalancerArn,
    exp,
  };
  const input = `${padded(JSON.stringify(header))}.${padded(JSON.stringify({ ...user.claims, exp, iss: user.issuer }))}`;
  const signature = sign('sha256', Buffer.from(input), { key: identity.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${padded(signature)}`;
};

const padded = (value: string | Uint8Array): string =>
  Buffer.from(value as string)
    .toString('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
