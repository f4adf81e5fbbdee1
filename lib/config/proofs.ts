import { createHash, type JsonWebKey, X509Certificate } from 'node:crypto';
import type {
  DpopProof,
  HttpSignatureProof,
  MtlsProof,
  NoProof,
  PrivateKeyJwtProof,
  Proof,
  StandardWebhooksProof,
  WebhookProof,
} from '../../lambda/contract/proofs.ts';

/** The public half of a key, as a JWK (RFC 7517): a P-256 key, an Ed25519 key, or an RSA key of 2,048 bits or more. */
export type PublicJwk = JsonWebKey;

export interface DpopProofInput extends Pick<DpopProof, 'kind'> {
  /** The processor's public key. Tokens that were issued before it changed stay bound to the key that it had. */
  readonly publicJwk: PublicJwk;
  /**
   * Whether each proof must hold a nonce of ours, so that none can be made ahead of its time. Its first request is
   * refused and gives the nonce; clients of RFC 9449 send it again by themselves. One write an hour and instance.
   * @default false
   */
  readonly nonce?: boolean;
}

export interface MtlsProofInput extends Pick<MtlsProof, 'kind'> {
  /**
   * The processor's client certificate, in PEM. Tokens that were issued before it changed stay bound to the one that it had.
   * Its callback URLs have the port of `mutualTls`.
   */
  readonly certificate: string;
}

/** What the calls of a processor must show beside the token, as an environment file has it. */
export type ProofInput =
  | NoProof
  | PrivateKeyJwtProof
  | DpopProofInput
  | HttpSignatureProof
  | StandardWebhooksProof
  | WebhookProof
  | MtlsProofInput;

/**
 * The proof in the shape that the functions read.
 * @param mutualTlsPort of the listener that asks for certificates
 */
export const completeProof = (proof: ProofInput, mutualTlsPort: number): Proof => {
  switch (proof.kind) {
    case 'dpop':
      return { kind: 'dpop', jkt: thumbprintOf(proof.publicJwk), nonce: proof.nonce ?? false };
    case 'mtls': {
      const { raw } = new X509Certificate(proof.certificate);
      return { kind: 'mtls', x5tS256: createHash('sha256').update(raw).digest('base64url'), port: mutualTlsPort };
    }
    default:
      return proof;
  }
};

/** Members that a thumbprint is made over, in the order of their names (RFC 7638 §3.2, RFC 8037 §2). */
const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/** RFC 7638. By hand, because an environment is read without waiting and JOSE's libraries make one wait. */
const thumbprintOf = (jwk: PublicJwk): string => {
  const members = (THUMBPRINT_MEMBERS[jwk.kty ?? ''] ?? []).map((name) => [name, jwk[name]]);
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
};
