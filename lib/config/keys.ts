import { createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto';
import type * as v from 'valibot';
import { CALLBACK_TOKEN_ALGORITHMS } from '../../lambda/contract/claims.ts';
import { algorithmsOf, PRIVATE_JWK_MEMBERS, PROOF_KEY_KINDS } from '../../lambda/contract/proofs.ts';
import { SIGNING_KEY_USES } from '../../lambda/contract/signing.ts';
import { object, optional, record } from './containers.ts';
import { type Fault, type Kind, kind, oneOf, secretName } from './kinds.ts';
import { Description, show } from './show.ts';

/** The public half of a key, as a JWK (RFC 7517): a P-256 key, an Ed25519 key, or an RSA key of 2,048 bits or more. */
export type PublicJwk = JsonWebKey;

const MIN_RSA_BITS = 2_048;
const STRONG_KEYS = `P-256, Ed25519, or RSA of ${MIN_RSA_BITS} bits or more`;
const KEY_KINDS = PROOF_KEY_KINDS.map(({ kty, crv }) => (crv === undefined ? kty : `${kty} ${crv}`)).join(', ');

const ASK = 'Ask the processor for its public key as a JWK.';

/** RFC 8725 §3.4 and §3.5: a weak or invalid key is refused at its registration. */
export const publicJwk: Kind<PublicJwk> = kind('PublicJwk', (value) => publicKeyFaults(value));

const publicKeyFaults = (value: unknown): readonly Fault[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ expected: 'a public key as a JWK, which is an object', remedy: ASK }];
  }
  const jwk = value as PublicJwk;
  const secret = PRIVATE_JWK_MEMBERS.filter((name) => Object.hasOwn(jwk, name));
  const algorithms = algorithmsOf(jwk);
  const faults: Fault[] = [];
  if (secret.length > 0) {
    faults.push({
      // Never the value: it is a secret.
      value: new Description(`has the private members ${secret.join(', ')}`),
      expected: 'the public half of a key',
      remedy:
        'Delete the private key from this file and from its history; the processor must make a new key, because this one is known now.',
    });
  }
  if (algorithms.length === 0) {
    faults.push({
      value: new Description(`has kty ${show(jwk.kty)} and crv ${show(jwk.crv)}`),
      expected: `a key of one of the kinds ${KEY_KINDS}`,
      remedy: ASK,
    });
  }
  if (faults.length > 0) return faults;
  if (jwk.alg !== undefined && !algorithms.includes(`${jwk.alg}`)) {
    faults.push({
      path: ['alg'],
      value: jwk.alg,
      expected: `${algorithms.join(' or ')}, the algorithm of such a key here`,
      remedy: 'Remove `alg`, or ask the processor for another key.',
    });
  }
  const weakness = weaknessOfJwk(jwk);
  if (weakness !== undefined) {
    faults.push({
      value: new Description(`is ${weakness}`),
      expected: `a valid public key: ${STRONG_KEYS}`,
      remedy: ASK,
    });
  }
  return faults;
};

const weaknessOfJwk = (jwk: PublicJwk): string | undefined => {
  try {
    // OpenSSL refuses points that are not on the curve.
    return weaknessOf(createPublicKey({ key: jwk, format: 'jwk' }));
  } catch {
    return 'not a valid key of its kind (a member is missing or wrong)';
  }
};

const weaknessOf = ({ asymmetricKeyDetails }: KeyObject): string | undefined => {
  const { modulusLength, publicExponent } = asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS) return `an RSA key of ${modulusLength} bits`;
  // 3 is the smallest valid exponent.
  if (publicExponent !== undefined && publicExponent < 3n) return `an RSA key with the exponent ${publicExponent}`;
  return undefined;
};

const PEM = /^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

/** One certificate in PEM. The error never shows the value, because it may be a private key. */
export const certificate: Kind<string> = kind('string', (value) => {
  const fault = certificateFault(value);
  return fault === undefined
    ? []
    : [
        {
          value: new Description(fault),
          expected: 'one certificate in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----',
          remedy: 'Ask the processor for its client certificate; never put its private key here.',
        },
      ];
});

const certificateFault = (value: unknown): string | undefined => {
  if (value === undefined) return 'is missing';
  if (typeof value !== 'string' || !PEM.test(value)) return 'is not exactly one certificate in PEM';
  try {
    const weakness = weaknessOf(new X509Certificate(value).publicKey);
    return weakness && `is a certificate of ${weakness}`;
  } catch {
    return 'is a certificate that cannot be read';
  }
};

const KEY_TOOL = '`postern encryption-key` makes the two halves of a key.';

const encryptionJwk = kind<PublicJwk & { readonly kid: string }>('PublicJwk & { kid: string }', (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ expected: 'the public half of the key as a JWK, which is an object', remedy: KEY_TOOL }];
  }
  // `alg` names an algorithm of encryption here. `publicJwk` expects one of signatures.
  const { alg: _alg, ...jwk } = value as PublicJwk & { readonly kid?: unknown };
  const isP256 = jwk.kty === 'EC' && jwk.crv === 'P-256';
  const wrongKind = new Description(`has kty ${show(jwk.kty)} and crv ${show(jwk.crv)}`);
  const isKid = typeof jwk.kid === 'string' && /^[\w-]{1,64}$/.test(jwk.kid);
  return [
    ...(isP256 ? publicKeyFaults(jwk) : [{ value: wrongKind, expected: 'a P-256 key', remedy: KEY_TOOL }]),
    ...(isKid
      ? []
      : [
          {
            path: ['kid'],
            value: jwk.kid,
            expected: 'a kid of 1 to 64 characters of [A-Za-z0-9_-]',
            remedy: KEY_TOOL,
          },
        ]),
  ];
});

/** Keys for callback tokens that only the gateway can read. `postern encryption-key` makes them. */
export const tokenEncryption = object(KEY_TOOL, {
  /** Name of the secret in Secrets Manager with the private key as a JWK, or with a set of them during a key change. */
  secretName: secretName('It holds the private key.'),
  /** The public half: P-256, with its `kid`. New tokens are encrypted with it. */
  publicJwk: encryptionJwk,
});

const KEYS = "Write for instance { first: { use: 'current' } }, or remove `signingKeys`.";

/** A key in KMS that signs, signed or will sign callback tokens: about 1 USD a month. */
export const signingKey = object(KEYS, {
  /** `current`, `next`, `previous` or `retired`: `docs/operate/key-rotation.md`. */
  use: oneOf(SIGNING_KEY_USES, 'docs/operate/key-rotation.md describes each of them.'),
  /**
   * Algorithm of the key, which never changes (RFC 8725 §3.1). A load balancer can check `RS256` tokens too, but they are
   * too long for a callback URL: while such a key signs, no processor may have the carrier `path`.
   * @default 'ES256'
   */
  algorithm: optional(oneOf(CALLBACK_TOKEN_ALGORITHMS, 'Write ES256, or remove `algorithm`.'), 'ES256'),
});
export type SigningKey = v.InferInput<typeof signingKey>;
/** A key with its defaults. */
export type SigningKeyEntry = v.InferOutput<typeof signingKey>;

/** Most keys of a JWKS that a load balancer reads. */
const MAX_SIGNING_KEYS = 10;

export const signingKeys = record(
  {
    of: 'keys',
    id: /^[a-z0-9-]{1,32}$/,
    max: MAX_SIGNING_KEYS,
    expected: 'an id of 1 to 32 characters of [a-z0-9-]',
    remedy: KEYS,
  },
  signingKey,
);
