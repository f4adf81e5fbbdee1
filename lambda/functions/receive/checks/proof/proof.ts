import type { Proof } from '../../../../contract/proofs.ts';
import type { Processor } from '../../../../contract/registry.ts';
import type { Variables } from '../../../../contract/variables.ts';
import type { AccessTokenUses } from '../../../../shared/access-token/one-time.ts';
import type { Refusal } from '../../../../shared/refusal.ts';
import type { AuthenticatedCallback } from '../../authenticated-callback.ts';

/** An authenticated callback of a processor with proof `P`. */
export interface ProvenCallback<P extends Proof = Proof>
  extends Pick<AuthenticatedCallback, 'request' | 'token' | 'claims' | 'now'> {
  readonly processor: Processor & { readonly proof: P };
}

/** A proof that holds. */
export interface ProofResult {
  /** Headers for the response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Signatures of the proof that do not cover the token. They are recorded with the use of the token. */
  readonly signatures: readonly ProofSignature[];
}

export const PROOF_OK: ProofResult = { headers: {}, signatures: [] };

/** A signature that works once, with one token and one payload. */
export interface ProofSignature {
  /** See `proofKey`. Made from the signed text: many signatures can exist for one text. */
  readonly key: string;
  /** Seconds since 1970 from which no copy of the signature is accepted any more. */
  readonly expiresAt: number;
}

/** Checks one kind of proof. */
export interface ProofVerifier<P extends Proof = Proof> {
  /**
   * Checks the proof: part of step 7 of the order of checks.
   * @returns `proof_missing`, `proof_invalid`, or `unavailable` if a dependency of the check does not answer
   */
  verify(callback: ProvenCallback<P>): Promise<ProofResult | Refusal>;
}

/** Records of used proofs in tables that all instances share. */
export interface ProofRecords {
  /**
   * Records a use. Rejects if the store does not answer.
   * @param key see `proofKey`
   * @param expiresAt seconds since 1970 from which the proof is refused anyway
   * @returns false if it was used before
   */
  recordOnce(key: string, expiresAt: number): Promise<boolean>;
  /** Uses of access tokens. The sender API reads the same records. */
  readonly accessTokens: AccessTokenUses;
  /**
   * Returns a secret of 32 random bytes that all instances share. The first call creates it.
   * @param expiresAt seconds since 1970 from which the secret is not needed any more
   */
  shareSecret(key: string, expiresAt: number): Promise<Uint8Array>;
}

/** Dependencies of the code of a proof. */
export interface ProofContext {
  readonly variables: Variables<'receive'>;
  readonly records: ProofRecords;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The export `createProof` of a proof's file. */
export type CreateProof<P extends Proof = Proof> = (context: ProofContext) => ProofVerifier<P>;

/** For the caller: the difference between a time and our clock, and the allowed difference, in seconds. */
export const describeClock = (name: string, seconds: number, now: number, allowed: number): string => {
  const direction = seconds < now ? 'behind' : 'ahead of';
  return `${name} is ${Math.abs(seconds - now)} s ${direction} the gateway’s clock, and may be ${allowed} s.`;
};
