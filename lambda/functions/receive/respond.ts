import { CAPABILITIES } from '../../contract/capabilities.ts';
import { UPLOAD_URL_SECONDS } from '../../contract/limits.ts';
import type { UploadOffer } from '../../contract/task.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { type PolicyDecision, policyFields } from '../../shared/policy/policy.ts';
import type { AuthenticatedCallback } from './authenticated-callback.ts';
import type { ProofResult } from './checks/proof/proof.ts';
import type { Delivery } from './delivery.ts';
import type { CallbackResult } from './outcome.ts';
import type { PayloadStore } from './store/payload-store.ts';
import type { RecordedUse } from './store/record-use.ts';

export interface RespondOptions {
  readonly payloads: () => PayloadStore;
}

export type Respond = (
  callback: AuthenticatedCallback,
  delivery: Delivery,
  use: RecordedUse,
  proof: ProofResult,
  decision: PolicyDecision | undefined,
) => Promise<CallbackResult>;

/** Creates the responses to accepted callbacks. A repeat gets the first response again; an upload gets a fresh URL. */
export const createRespond = ({ payloads }: RespondOptions): Respond => {
  const presign = async (offer: UploadOffer, { claims, now }: AuthenticatedCallback) => {
    const expiresAt = Math.min(now + UPLOAD_URL_SECONDS, claims.exp);
    const presigned = await orUnavailable('payloads', payloads().presignUpload(offer, Math.max(1, expiresAt - now)));
    return { method: 'PUT', ...presigned, expiresAt: new Date(expiresAt * 1000).toISOString() };
  };

  return async (callback, delivery, { acknowledged, receivedAt }, proof, decision) => {
    const { capability, processor, request, taskId } = callback;
    const body =
      delivery.kind === 'offer'
        ? await presign(delivery.offer, callback)
        : { taskId, status: CAPABILITIES[capability].closesTaskAs ?? 'pending', receivedAt };
    return {
      response: jsonResponse(200, body, request.requestId, {
        ...(acknowledged && { 'Idempotency-Replayed': 'true' }),
        ...proof.headers,
      }),
      fields: {
        taskId,
        processor: processor.id,
        outcome: acknowledged ? 'acknowledged' : 'recorded',
        ...(decision && policyFields(decision)),
      },
      processor: processor.id,
      acknowledged,
    };
  };
};
