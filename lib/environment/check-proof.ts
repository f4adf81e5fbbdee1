import { createPublicKey } from 'node:crypto';
import {
  algorithmsOf,
  gradeOf,
  PRIVATE_JWK_MEMBERS,
  PROOF_KEY_KINDS,
  PROOF_NAMES,
} from '../../lambda/contract/proofs.ts';
import { CARRIERS, type Carrier } from '../../lambda/contract/registry.ts';
import type { Problems } from './problem.ts';
import type { ProofInput, PublicJwk } from './proofs.ts';

const PROPERTIES: Readonly<Record<ProofInput['kind'], readonly string[]>> = {
  none: ['kind'],
  private_key_jwt: ['kind', 'clientId'],
  dpop: ['kind', 'publicJwk', 'nonce'],
};

/** Checks what the calls of a processor must show. */
export const checkProof = (problems: Problems, at: string, proof: ProofInput): void => {
  problems.oneOf(`${at}.kind`, proof?.kind, PROOF_NAMES, 'Name a proof that Postern has.');
  if (!isProof(proof)) return;
  problems.properties(at, proof, PROPERTIES[proof.kind]);
  switch (proof.kind) {
    case 'none':
      return;
    case 'private_key_jwt': {
      const remedy = 'Register one for the processor at the identity provider, with its public key.';
      problems.handedOn(`${at}.clientId`, proof.clientId, /^\S{1,255}$/, 'the id of a client', remedy);
      return;
    }
    case 'dpop':
      checkPublicJwk(problems, `${at}.publicJwk`, proof.publicJwk);
      problems.oneOf(`${at}.nonce`, proof.nonce ?? false, [true, false], 'Say whether proofs must hold a nonce.');
  }
};

const isProof = (proof: unknown): proof is ProofInput =>
  typeof proof === 'object' && proof !== null && PROOF_NAMES.includes((proof as ProofInput).kind);

/** Carriers that do not go with a proof: what must be shown in headers cannot be asked of who is given a URL only. */
export const checkCarrierOfProof = (problems: Problems, at: string, carrier: Carrier, { kind }: ProofInput): void => {
  const fitting = CARRIERS.filter((one) => gradeOf(one, kind) !== null);
  problems.expect(
    fitting.includes(carrier),
    `${at}.carriers`,
    carrier,
    `${fitting.join(', ')}, because the proof is ${kind}`,
    'Take the carrier out: whoever can send this proof can send a header.',
  );
};

const KINDS = PROOF_KEY_KINDS.map(({ kty, crv }) => (crv === undefined ? kty : `${kty} ${crv}`)).join(', ');

/** RFC 8725 §3.4 and §3.5: a key that is weak or no key at all is refused where it is registered. */
export const checkPublicJwk = (problems: Problems, at: string, jwk: PublicJwk): void => {
  const isObject = typeof jwk === 'object' && jwk !== null && !Array.isArray(jwk);
  const remedy = 'Ask the processor for its public key as a JWK.';
  problems.expect(isObject, at, jwk, 'a public key as a JWK', remedy);
  if (!isObject) return;
  const secret = PRIVATE_JWK_MEMBERS.filter((name) => Object.hasOwn(jwk, name));
  problems.expect(
    secret.length === 0,
    at,
    // Never the value: it is a secret.
    secret.join(', '),
    'the public half of a key, without its secret members',
    'Take the private key out of this file and out of its history, and let the processor make a new one.',
  );
  const known = algorithmsOf(jwk);
  problems.expect(known.length > 0, at, `kty ${jwk.kty}, crv ${jwk.crv}`, `a key of kind ${KINDS}`, remedy);
  if (secret.length > 0 || known.length === 0) return;
  const { alg } = jwk;
  problems.expect(
    alg === undefined || (typeof alg === 'string' && known.includes(alg)),
    `${at}.alg`,
    alg,
    `${known.join(' or ')}, which is what such a key signs with here`,
    'Take `alg` out, or ask the processor for another key.',
  );
  const fault = findWeakness(jwk);
  problems.expect(fault === undefined, at, fault, 'a key that is strong enough to prove something', remedy);
};

const MIN_RSA_BITS = 2_048;

const findWeakness = (jwk: PublicJwk): string | undefined => {
  try {
    // OpenSSL refuses points that are not on the curve.
    const { modulusLength, publicExponent } = createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails ?? {};
    if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS) return `an RSA key of ${modulusLength} bits`;
    // 3 is the smallest that there is.
    if (publicExponent !== undefined && publicExponent < 3n) return `an RSA key of exponent ${publicExponent}`;
    return undefined;
  } catch {
    return 'what is no key';
  }
};
