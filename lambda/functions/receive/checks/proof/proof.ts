import type { CallbackTokenClaims } from '../../../../contract/claims.ts';
import type { Proof } from '../../../../contract/proofs.ts';
import type { Processor } from '../../../../contract/registry.ts';
import type { Variables } from '../../../../contract/variables.ts';
import type { AccessTokenUses } from '../../../../shared/access-token/one-time.ts';
import type { HttpRequest } from '../../../../shared/http/message.ts';
import type { Refusal } from '../../../../shared/refusal.ts';
import type { FoundToken } from '../find-token.ts';

/** A callback whose token is verified, as a proof sees it. */
export interface ProvenCallback<P extends Proof = Proof> {
  readonly request: HttpRequest;
  readonly found: FoundToken;
  readonly claims: CallbackTokenClaims;
  readonly processor: Processor & { readonly proof: P };
  /** Seconds since 1970. */
  readonly now: number;
}

/** The proof holds. */
export interface Shown {
  /** What the answer then carries. */
  readonly headers: Readonly<Record<string, string>>;
  /** The signatures that it was shown by, where the token is not part of what they sign. */
  readonly signatures: readonly ShownSignature[];
}

export const SHOWN: Shown = { headers: {}, signatures: [] };

/** A signature that works for one token alone, and counts once: it is recorded together with what it brought. */
export interface ShownSignature {
  /** See `proofKey`. Made from what was signed: of one text there may be many signatures. */
  readonly key: string;
  /** Seconds since 1970 from which on no copy of it can be used any more. */
  readonly expiresAt: number;
}

/** Checks one kind of proof. */
export interface ProofVerifier<P extends Proof = Proof> {
  /**
   * Step 7 of the order of checks.
   * @returns that it holds, or why not: `proof_missing`, `proof_invalid`, or `unavailable` where what it takes to check
   * it does not answer
   */
  verify(callback: ProvenCallback<P>): Promise<Shown | Refusal>;
}

/** What is remembered of proofs, in tables, shared by all instances. */
export interface ProofRecords {
  /**
   * Records that something was used. Rejects when the store does not answer.
   * @param key see `proofKey`
   * @param expiresAt seconds since 1970 from which on it cannot be used any more
   * @returns false where it was used before
   */
  recordOnce(key: string, expiresAt: number): Promise<boolean>;
  /** The same for an access token, where the sender API looks for those that it was shown. */
  readonly accessTokens: AccessTokenUses;
  /**
   * A secret of 32 random bytes that all instances have in common; the first to ask makes it.
   * @param expiresAt seconds since 1970 from which on nobody asks for it
   */
  shareSecret(key: string, expiresAt: number): Promise<Uint8Array>;
}

/** What the receiver gives to the code of a proof. */
export interface ProofContext {
  readonly variables: Variables<'receive'>;
  readonly records: ProofRecords;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What the file of a proof exports as `createProof`. */
export type CreateProof<P extends Proof = Proof> = (context: ProofContext) => ProofVerifier<P>;

/** For the caller: how far a time is from our clock, and how far it may be. */
export const describeClock = (what: string, seconds: number, now: number, allowed: number): string => {
  const direction = seconds < now ? 'behind' : 'ahead of';
  return `${what} is ${Math.abs(seconds - now)} s ${direction} the gateway’s clock, and may be ${allowed} s.`;
};
