import type { Capability } from '../../contract/capabilities.ts';
import type { CallbackTokenClaims } from '../../contract/claims.ts';
import type { Processor } from '../../contract/registry.ts';
import { jtiKey } from '../../contract/tables.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import type { MediaType } from './checks/media-type.ts';
import type { ShownSignature } from './checks/proof/proof.ts';
import type { Use } from './store/callback-store.ts';
import { deliveryDigest } from './store/delivery-digest.ts';

/** A callback whose token is verified. */
export interface Delivery {
  readonly request: HttpRequest;
  readonly capability: Capability;
  readonly taskId: string;
  readonly claims: CallbackTokenClaims;
  readonly processor: Processor;
  readonly mediaType: MediaType;
  /** When it came: seconds since 1970, and as RFC 3339. */
  readonly now: number;
  readonly receivedAt: string;
  /** None until its proof is checked. */
  readonly signatures: readonly ShownSignature[];
}

/** What is recorded of a delivery's token. */
export const useOf = (delivery: Delivery): Use => {
  const { capability, claims, mediaType, now, processor, receivedAt, request, signatures, taskId } = delivery;
  return {
    jtiKey: jtiKey(claims.iss, claims.jti),
    jti: claims.jti,
    taskId,
    processor: processor.id,
    capability,
    maxUses: claims.max_uses,
    digest: deliveryDigest(claims.path, mediaType.normalized, request, processor.sameBy),
    exp: claims.exp,
    now,
    receivedAt,
    signatures,
  };
};
