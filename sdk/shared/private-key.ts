import { base64url } from './base64.ts';

/** Members that say which key it is. */
interface KeyKind {
  readonly kty?: string;
  readonly crv?: string;
  /** Decides between the algorithms of an RSA key. */
  readonly alg?: string;
  readonly kid?: unknown;
}

/**
 * A private key as JSON (RFC 7517): EC on P-256 or P-384, OKP on Ed25519, or RSA. Other members are ignored. The interface
 * `JsonWebKey` of TypeScript has no index, so `KeyKind` alone is accepted too.
 */
export type PrivateJwk = KeyKind | (KeyKind & Members);

type Members = Readonly<Record<string, unknown>>;

const KINDS = [
  { kty: 'EC', crv: 'P-256', publicMembers: ['crv', 'kty', 'x', 'y'], privateMembers: ['d'] },
  { kty: 'EC', crv: 'P-384', publicMembers: ['crv', 'kty', 'x', 'y'], privateMembers: ['d'] },
  { kty: 'OKP', crv: 'Ed25519', publicMembers: ['crv', 'kty', 'x'], privateMembers: ['d'] },
  {
    kty: 'RSA',
    crv: undefined,
    publicMembers: ['e', 'kty', 'n'],
    privateMembers: ['d', 'p', 'q', 'dp', 'dq', 'qi'],
  },
] as const;

/** Parameters of WebCrypto for each algorithm (RFC 7518 §3.1). PS512 is also `rsa-pss-sha512` of RFC 9421 §3.3.1. */
const ALGORITHMS = {
  ES256: { kty: 'EC', crv: 'P-256', name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  ES384: { kty: 'EC', crv: 'P-384', name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', name: 'Ed25519' },
  RS256: { kty: 'RSA', crv: undefined, name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { kty: 'RSA', crv: undefined, name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
  PS512: { kty: 'RSA', crv: undefined, name: 'RSA-PSS', hash: 'SHA-512', saltLength: 64 },
} as const;

/** Algorithms that sign, by their names of RFC 7518 §3.1. */
export type SigningAlgorithm = keyof typeof ALGORITHMS;

/** A private key with the algorithm that it signs with. */
export interface Signer<A extends SigningAlgorithm = SigningAlgorithm> {
  readonly algorithm: A;
  /** The public half, with only the members of its thumbprint (RFC 7638 §3.2), in the order of that thumbprint. */
  readonly publicJwk: Readonly<Record<string, string>>;
  /** Signatures by ECDSA are the two numbers of equal length that RFC 7518 §3.4 has. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads a private key.
 * @param accepted algorithms that the receiver takes, the preferred one first. An RSA key signs with its `alg` if that is one
 *   of them, any other key with the first that fits
 * @throws {TypeError} if the key is of another kind, or has no private half. No member of the key is quoted except its kind
 */
export const readSigner = <const A extends SigningAlgorithm>(
  privateJwk: PrivateJwk,
  accepted: readonly A[],
): Signer<A> => {
  const jwk: KeyKind & Members = { ...privateJwk };
  const kind = KINDS.find(({ kty, crv }) => kty === jwk.kty && (crv === undefined || crv === jwk.crv));
  const fitting = accepted.filter((name) => ALGORITHMS[name].kty === kind?.kty && ALGORITHMS[name].crv === kind.crv);
  const algorithm = fitting.find((name) => name === jwk.alg) ?? fitting[0];
  if (kind === undefined || algorithm === undefined) {
    throw new TypeError(
      `The private key has kty ${JSON.stringify(jwk.kty)} and crv ${JSON.stringify(jwk.crv)}; expected a JWK for ` +
        `${accepted.join(', ')}. Make such a key, and register its public half.`,
    );
  }
  const missing = [...kind.publicMembers, ...kind.privateMembers].find((name) => typeof jwk[name] !== 'string');
  if (missing !== undefined) {
    throw new TypeError(`The private key has no member ${missing}. Give the whole private JWK, not its public half.`);
  }
  const publicJwk = pick(jwk, kind.publicMembers);
  const { kty: _kty, crv: _crv, ...parameters } = ALGORITHMS[algorithm];
  // Members such as `key_ops` and `alg` could forbid the import, so they are omitted.
  const importKey = () =>
    crypto.subtle.importKey('jwk', { ...publicJwk, ...pick(jwk, kind.privateMembers) }, parameters, false, ['sign']);
  let imported: ReturnType<typeof importKey> | undefined;
  return {
    algorithm,
    publicJwk,
    sign: async (bytes) => {
      imported ??= importKey();
      const key = await imported.catch(() => {
        throw new TypeError(`The private key is not a valid key for ${algorithm}. Give the JWK as it was made.`);
      });
      return new Uint8Array(await crypto.subtle.sign(parameters, key, bytes));
    },
  };
};

/** RFC 7638: SHA-256, base64url. */
export const thumbprintOf = async ({ publicJwk }: Pick<Signer, 'publicJwk'>): Promise<string> =>
  base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(publicJwk)))));

const pick = (jwk: Members, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, String(jwk[name])]));
