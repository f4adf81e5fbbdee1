import { orUnavailable } from '../../../shared/or-unavailable.ts';
import { quarantineId } from '../../../shared/tables/quarantine.ts';
import type { Delivery } from '../delivery.ts';
import type { CallbackRefusal } from '../outcome.ts';
import type { CallbackStore } from './callback-store.ts';
import { type StorePayloadOptions, storePayload } from './store-payload.ts';
import type { TokenUse } from './token-use.ts';

export interface QuarantineOptions extends StorePayloadOptions {
  readonly store: CallbackStore;
  /** Largest number of entries of one task; 0 turns quarantine off. */
  readonly quarantineLimit: number;
}

/**
 * Keeps the payload of a genuine delivery that came too late, so that the sender can accept or discard it. The caller gets
 * its refusal all the same. If the store does not answer, the caller gets 503 and may send the delivery again.
 * @param foreign returned instead if a signature of the delivery came before with another token or payload
 * @returns `refusal`, with the outcome of the quarantine
 */
export type QuarantineLateDelivery = (
  delivery: Delivery,
  use: TokenUse,
  refusal: CallbackRefusal,
  foreign: CallbackRefusal,
) => Promise<CallbackRefusal>;

export const createQuarantine =
  (options: QuarantineOptions): QuarantineLateDelivery =>
  async (delivery, use, refusal, foreign) => {
    const { quarantineLimit, store } = options;
    if (quarantineLimit === 0 || delivery.kind !== 'close') return refusal;
    if (!(await orUnavailable('store', store.bindSignatures(use)))) return foreign;
    const { capability, payload } = delivery;
    const { digest, jti, processor, taskId } = use;
    const stored = await storePayload('quarantine', delivery, use, options);
    const quarantined = await orUnavailable(
      'store',
      store.quarantine({
        taskId,
        processor,
        limit: quarantineLimit,
        tokenOf: capability,
        entry: { id: quarantineId(jti, digest), capability, jti, ...payload, ...stored },
      }),
    );
    return { ...refusal, quarantined, fields: { ...refusal.fields, quarantined } };
  };
