import type { Carrier } from './carriers.ts';

/** What a call can be asked to show beside the token. */
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

/** Proofs that there is something to check for; each has its code beside the receiver's, in an environment that uses it. */
export type CheckedProofName = Exclude<ProofName, 'none'>;
export const CHECKED_PROOFS = PROOF_NAMES.filter((name): name is CheckedProofName => name !== 'none');

/** The token alone: whoever has it may use it. */
export interface NoProof {
  readonly kind: 'none';
}

/** An access token that the processor got from the environment's identity provider with a key of its own (RFC 7523). */
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
  /** Whether each proof must hold a nonce of ours (RFC 9449 §9). */
  readonly nonce: boolean;
}

/** An HTTP message signature over method, URL and body (RFC 9421). */
export interface HttpSignatureProof {
  readonly kind: 'http_signature';
  /** The processor's public keys by `keyid`: more than one while they are changed. */
  readonly keys: Readonly<Record<string, JsonWebKey>>;
}

/** A signature as Standard Webhooks has it, over an id, a time and the body. */
export interface StandardWebhooksProof {
  readonly kind: 'standard_webhooks';
  /**
   * Name of the secret in Secrets Manager that holds what the processor signs with (`v1`): `whsec_…`, several with blanks
   * between them while they are changed. 0.40 USD a month.
   * @default no symmetric signature is accepted
   */
  readonly secretName?: string;
  /**
   * Ed25519 public keys that it signs with (`v1a`): `whpk_…`.
   * @default no asymmetric signature is accepted
   */
  readonly publicKeys?: readonly string[];
}

/** A call back to an address of the processor's, which confirms that it started the call. */
export interface WebhookProof {
  readonly kind: 'webhook';
  /**
   * Who may confirm: an origin, as `https://callbacks.acme.example`, or one URL of it, as
   * `https://callbacks.acme.example/confirm`. Of an origin any URL is called that a caller names; a URL is called only
   * where the caller names exactly that one. A protected environment takes URLs with a path alone.
   */
  readonly origins: readonly string[];
}

/** A client certificate that the load balancer asked for (RFC 8705). */
export interface MtlsProof {
  readonly kind: 'mtls';
  /** SHA-256 of the certificate, base64url: `cnf."x5t#S256"` of the processor's callback tokens. */
  readonly x5tS256: string;
  /** Where the load balancer asks for it: the port of the processor's callback URLs. */
  readonly port: number;
}

/** A public key as JSON (RFC 7517). */
type JsonWebKey = Readonly<Record<string, unknown>>;

/** Keys that a processor may hold, and the one algorithm of each kind, by its names (RFC 8725 §3.1, RFC 9864 §2.2). */
export const PROOF_KEY_KINDS = [
  { kty: 'EC', crv: 'P-256', algorithms: ['ES256'], httpAlgorithm: 'ecdsa-p256-sha256' },
  { kty: 'OKP', crv: 'Ed25519', algorithms: ['EdDSA', 'Ed25519'], httpAlgorithm: 'ed25519' },
  { kty: 'RSA', crv: undefined, algorithms: ['PS256'], httpAlgorithm: 'rsa-pss-sha512' },
] as const;
export type HttpAlgorithm = (typeof PROOF_KEY_KINDS)[number]['httpAlgorithm'];

/** Members of a JWK that are secret (RFC 7518 §6). */
export const PRIVATE_JWK_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/** What the key of a JWK signs with; nothing for a kind of key that is not used here. */
export const algorithmsOf = ({ kty, crv }: { readonly kty?: unknown; readonly crv?: unknown }): readonly string[] =>
  kindOf({ kty, crv })?.algorithms ?? [];

/** What the key of a JWK signs HTTP messages with (RFC 9421 §3.3). */
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

/** Members of `cnf` (RFC 7800) that a proof shows. A token that is bound to anything else is refused. */
export const CONFIRMATIONS: Readonly<Record<ProofName, readonly string[]>> = {
  none: [],
  private_key_jwt: [],
  dpop: ['jkt'],
  http_signature: [],
  standard_webhooks: [],
  webhook: [],
  mtls: ['x5t#S256'],
};

/** What the callback tokens of a processor are bound to: `cnf`. */
export const confirmationOf = (proof: Proof): Readonly<Record<string, string>> | undefined =>
  proof.kind === 'dpop' ? { jkt: proof.jkt } : proof.kind === 'mtls' ? { 'x5t#S256': proof.x5tS256 } : undefined;

/** The port of a processor's callback URLs, where it is not that of the origin. */
export const callbackPortOf = (proof: Proof): number | undefined => (proof.kind === 'mtls' ? proof.port : undefined);

/** The file beside the receiver's code that checks a proof. */
export const proofFile = (name: CheckedProofName): string => `proof-${name.replaceAll('_', '-')}.js`;

/** The best first. */
export const GRADE_NAMES = ['A', 'B', 'C', 'D'] as const;
export type Grade = (typeof GRADE_NAMES)[number];

/** Proofs that go with no carrier but `header`: those that stand in headers themselves. */
const inHeaders = (grade: Grade): Readonly<Record<Carrier, Grade | null>> => ({
  header: grade,
  short: null,
  path: null,
});

/**
 * - A: the caller shows that it holds a key, for this very request, and the URL alone is worth nothing.
 * - B: a second secret that is not in the URL, and may be good for more than this request, or is known to both sides.
 * - C: a bearer secret that stands in no log of ours. D: one that stands in a URL.
 *
 * `null`: the two do not go together.
 */
const GRADES: Readonly<Record<ProofName, Readonly<Record<Carrier, Grade | null>>>> = {
  none: { header: 'C', short: 'C', path: 'D' },
  private_key_jwt: inHeaders('B'),
  dpop: inHeaders('A'),
  http_signature: inHeaders('A'),
  standard_webhooks: inHeaders('B'),
  webhook: inHeaders('B'),
  // The token may stand in the URL, but the URL is nothing without the key.
  mtls: { header: 'A', short: 'B', path: 'B' },
};

/** Grade of a credential mode, or `null` where a carrier does not go with a proof. */
export const gradeOf = (carrier: Carrier, proof: ProofName): Grade | null => GRADES[proof][carrier];
