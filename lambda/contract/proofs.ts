import type { Carrier } from './carriers.ts';

/** Proofs that a callback can need in addition to the token. */
export const PROOF_NAMES = [
  'none',
  'private_key_jwt',
  'dpop',
  'http_signature',
  'standard_webhooks',
  'webhook',
  'mtls',
] as const;
export type ProofName = (typeof PROOF_NAMES)[number];

/** Proofs with code that checks them. The receiver's bundle has the code of those that the environment uses. */
export type CheckedProofName = Exclude<ProofName, 'none'>;
export const CHECKED_PROOFS = PROOF_NAMES.filter((name): name is CheckedProofName => name !== 'none');

/** The token alone, which any bearer may use. */
export interface NoProof {
  readonly kind: 'none';
}

/** An access token that the identity provider issued to the processor for an assertion by its own key (RFC 7523). */
export interface PrivateKeyJwtProof {
  readonly kind: 'private_key_jwt';
  /** The processor's client at the identity provider. */
  readonly clientId: string;
}

/** A proof of possession of a key for each request (RFC 9449). */
export interface DpopProof {
  readonly kind: 'dpop';
  /** RFC 7638 thumbprint of the processor's public key: `cnf.jkt` of its callback tokens. */
  readonly jkt: string;
  /** True if each proof must have a nonce of ours (RFC 9449 §9). */
  readonly nonce: boolean;
}

/** An HTTP message signature over method, URL and body (RFC 9421). */
export interface HttpSignatureProof {
  readonly kind: 'http_signature';
  /** The processor's public keys by `keyid`. It has more than one during a rotation. */
  readonly keys: Readonly<Record<string, JsonWebKey>>;
}

/** A signature of Standard Webhooks, over an id, a time and the body. */
export interface StandardWebhooksProof {
  readonly kind: 'standard_webhooks';
  /**
   * Name of the secret in Secrets Manager with the processor's symmetric key (`v1`): `whsec_…`. During a rotation it has
   * several keys with blanks between them. It costs 0.40 USD a month.
   * @default no symmetric signature is accepted
   */
  readonly secretName?: string;
  /**
   * Its Ed25519 public keys (`v1a`): `whpk_…`.
   * @default no asymmetric signature is accepted
   */
  readonly publicKeys?: readonly string[];
}

/** A call back to an address of the processor, which confirms that the processor started the call. */
export interface WebhookProof {
  readonly kind: 'webhook';
  /**
   * Addresses that may confirm: an origin, for example `https://callbacks.acme.example`, or one URL, for example
   * `https://callbacks.acme.example/confirm`. An origin allows every URL of it that a caller names. A URL allows exactly
   * that URL. A protected environment accepts only URLs with a path.
   */
  readonly origins: readonly string[];
}

/** A client certificate that the load balancer asked for (RFC 8705). */
export interface MtlsProof {
  readonly kind: 'mtls';
  /** SHA-256 of the certificate, base64url: `cnf."x5t#S256"` of the processor's callback tokens. */
  readonly x5tS256: string;
  /** The port of the listener that asks for certificates, and of the processor's callback URLs. */
  readonly port: number;
}

/** A public key as JSON (RFC 7517). */
type JsonWebKey = Readonly<Record<string, unknown>>;

/** Kinds of keys that a processor may have, and the names of the one algorithm of each (RFC 8725 §3.1, RFC 9864 §2.2). */
export const PROOF_KEY_KINDS = [
  { kty: 'EC', crv: 'P-256', algorithms: ['ES256'], httpAlgorithm: 'ecdsa-p256-sha256' },
  { kty: 'OKP', crv: 'Ed25519', algorithms: ['EdDSA', 'Ed25519'], httpAlgorithm: 'ed25519' },
  { kty: 'RSA', crv: undefined, algorithms: ['PS256'], httpAlgorithm: 'rsa-pss-sha512' },
] as const;
export type HttpAlgorithm = (typeof PROOF_KEY_KINDS)[number]['httpAlgorithm'];

/** Members of a JWK that are secret (RFC 7518 §6). */
export const PRIVATE_JWK_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/** Returns the names of the algorithm of a JWK; empty for a kind of key that is not accepted. */
export const algorithmsOf = ({ kty, crv }: { readonly kty?: unknown; readonly crv?: unknown }): readonly string[] =>
  kindOf({ kty, crv })?.algorithms ?? [];

/** Returns the algorithm of a JWK for HTTP message signatures (RFC 9421 §3.3). */
export const httpAlgorithmOf = (jwk: { readonly kty?: unknown; readonly crv?: unknown }): HttpAlgorithm | undefined =>
  kindOf(jwk)?.httpAlgorithm;

const kindOf = ({ kty, crv }: { readonly kty?: unknown; readonly crv?: unknown }) =>
  PROOF_KEY_KINDS.find((kind) => kind.kty === kty && kind.crv === crv);

export type Proof =
  | NoProof
  | PrivateKeyJwtProof
  | DpopProof
  | HttpSignatureProof
  | StandardWebhooksProof
  | WebhookProof
  | MtlsProof;

/** Members of `cnf` (RFC 7800) that each proof checks. A token with other members of `cnf` is refused. */
export const CONFIRMATIONS: Readonly<Record<ProofName, readonly string[]>> = {
  none: [],
  private_key_jwt: [],
  dpop: ['jkt'],
  http_signature: [],
  standard_webhooks: [],
  webhook: [],
  mtls: ['x5t#S256'],
};

/** Returns `cnf` of a processor's callback tokens. */
export const confirmationOf = (proof: Proof): Readonly<Record<string, string>> | undefined => {
  if (proof.kind === 'dpop') return { jkt: proof.jkt };
  return proof.kind === 'mtls' ? { 'x5t#S256': proof.x5tS256 } : undefined;
};

/** Returns the port of a processor's callback URLs if it is not the port of the origin. */
export const callbackPortOf = (proof: Proof): number | undefined => (proof.kind === 'mtls' ? proof.port : undefined);

/** Returns the name of the file in the receiver's bundle that checks a proof. */
export const proofFile = (name: CheckedProofName): string => `proof-${name.replaceAll('_', '-')}.js`;

/** Grades of protection, the best first. */
export const GRADE_NAMES = ['A', 'B', 'C', 'D'] as const;
export type Grade = (typeof GRADE_NAMES)[number];

/** Proofs that are sent in headers and allow only the carrier `header`. */
const inHeaders = (grade: Grade): Readonly<Record<Carrier, Grade | null>> => ({
  header: grade,
  short: null,
  path: null,
});

/**
 * - A: the caller proves possession of a key for this request. The URL alone is useless.
 * - B: a second secret that is not in the URL. It may be valid for more than this request, or both sides know it.
 * - C: a bearer secret that none of our logs has.
 * - D: a bearer secret in a URL.
 *
 * `null`: the proof does not allow the carrier.
 */
const GRADES: Readonly<Record<ProofName, Readonly<Record<Carrier, Grade | null>>>> = {
  none: { header: 'C', short: 'C', path: 'D' },
  private_key_jwt: inHeaders('B'),
  dpop: inHeaders('A'),
  http_signature: inHeaders('A'),
  standard_webhooks: inHeaders('B'),
  webhook: inHeaders('B'),
  // The token may be in the URL, because the URL is useless without the key.
  mtls: { header: 'A', short: 'B', path: 'B' },
};

/** Returns the grade of a carrier with a proof, or `null` if the proof does not allow the carrier. */
export const gradeOf = (carrier: Carrier, proof: ProofName): Grade | null => GRADES[proof][carrier];
