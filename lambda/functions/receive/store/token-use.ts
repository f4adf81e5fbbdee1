import type { Capability } from '../../../contract/capabilities.ts';
import { jtiKey } from '../../../contract/tables.ts';
import type { AuthenticatedCallback } from '../authenticated-callback.ts';
import type { ProofSignature } from '../checks/proof/proof.ts';
import { deliveryDigest } from './delivery-digest.ts';

/** One use of a token by a delivery. */
export interface TokenUse {
  /** Key of the jti record. */
  readonly jtiKey: string;
  readonly jti: string;
  readonly taskId: string;
  readonly processor: string;
  readonly capability: Capability;
  readonly maxUses: number;
  /** Equal for a delivery and its repeats. */
  readonly digest: string;
  /** The token's `exp`, in seconds since 1970. */
  readonly exp: number;
  /** Time of receipt: seconds since 1970, and RFC 3339. */
  readonly now: number;
  readonly receivedAt: string;
  /** Signatures of the proof; each works once. */
  readonly signatures: readonly ProofSignature[];
}

/** Returns the use that an authenticated callback makes of its token. */
export const toTokenUse = (callback: AuthenticatedCallback, signatures: readonly ProofSignature[]): TokenUse => {
  const { capability, claims, mediaType, now, processor, receivedAt, taskId } = callback;
  return {
    jtiKey: jtiKey(claims.iss, claims.jti),
    jti: claims.jti,
    taskId,
    processor: processor.id,
    capability,
    maxUses: claims.max_uses,
    digest: deliveryDigest(claims.path, mediaType.normalized, callback, processor.sameBy),
    exp: claims.exp,
    now,
    receivedAt,
    signatures,
  };
};
