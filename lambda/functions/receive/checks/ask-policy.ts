import { asAddress, type Policy, type PolicyDecision } from '../../../shared/policy/policy.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';
import type { AuthenticatedCallback } from '../authenticated-callback.ts';
import { readMediaType } from './media-type.ts';

/**
 * Step 8: asks the environment's policies about a callback.
 * @param policy creates the policies at the first call; `null` for an environment without policies
 * @returns undefined if the environment has no policies
 */
export const askPolicy = (
  policy: (() => Policy) | null,
  callback: AuthenticatedCallback,
): PolicyDecision | undefined => {
  if (policy === null) return undefined;
  const { capability, claims, now, processor, request, taskId, token } = callback;
  return policy().decide({
    principal: { type: 'Processor', id: processor.id, attributes: { proof: processor.proof.kind } },
    action: capability,
    resource: {
      type: 'Task',
      id: taskId,
      attributes: { processor: processor.id, ...(claims.owner !== undefined && { owner: claims.owner }) },
    },
    context: {
      ...asAddress(request.sourceAddress),
      carrier: token.carrier,
      proof: processor.proof.kind,
      ...describePayload(callback),
      age: Math.max(0, now - claims.iat),
    },
  });
};

/** Step 8: a policy must allow the callback, and none may forbid it. */
export const checkDecision = (decision: PolicyDecision | undefined): Refusal | undefined =>
  decision === undefined || decision.allowed
    ? undefined
    : refuse('policy_denied', 'no policy allows it, or one forbids it');

/**
 * Returns size in bytes and media type of the delivered payload: of the offered object for an upload, otherwise of the
 * request's body. The request's own values replace members that an offer does not have; step 9 refuses such an offer.
 */
const describePayload = ({
  capability,
  json,
  mediaType,
  request,
}: AuthenticatedCallback): { readonly size: number; readonly contentType: string } => {
  const own = { size: request.bodySize, contentType: mediaType.essence };
  const offer = capability === 'upload' ? json()?.value : undefined;
  if (typeof offer !== 'object' || offer === null) return own;
  const { contentType, size }: { readonly contentType?: unknown; readonly size?: unknown } = offer;
  return {
    // Cedar's numbers are integers of 64 bits.
    size: typeof size === 'number' && Number.isSafeInteger(size) ? size : own.size,
    contentType: (typeof contentType === 'string' && readMediaType([contentType])?.essence) || own.contentType,
  };
};
