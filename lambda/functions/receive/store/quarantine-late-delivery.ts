import { isClosing } from '../../../contract/capabilities.ts';
import { objectKey } from '../../../contract/tables.ts';
import type { StoredPayload } from '../../../contract/task.ts';
import { orUnavailable } from '../../../shared/or-unavailable.ts';
import { quarantineId } from '../../../shared/tables/quarantine.ts';
import type { Delivery } from '../delivery.ts';
import { useOf } from '../delivery.ts';
import type { CallbackRefusal } from '../outcome.ts';
import type { CallbackStore } from './callback-store.ts';
import { sha256 } from './delivery-digest.ts';
import type { PayloadStore } from './payload-store.ts';

export interface KeepLateOptions {
  readonly store: CallbackStore;
  readonly payloads: () => PayloadStore;
  readonly inlineLimit: number;
  /** Entries of one task; 0 switches quarantine off. */
  readonly quarantineLimit: number;
}

/**
 * Where a payload goes: a small one beside the task, a larger one into the bucket, before anything points to it.
 * @param limit bytes
 */
export const storePayload = async (
  kind: 'result' | 'quarantine',
  delivery: Delivery,
  payloads: () => PayloadStore,
  limit: number,
): Promise<StoredPayload> => {
  const bytes = delivery.request.body();
  if (bytes.length <= limit) return { payload: bytes };
  const { claims, mediaType, taskId } = delivery;
  const key = objectKey(kind, { taskId, jti: claims.jti, digest: sha256(bytes) });
  await orUnavailable('payloads', payloads().put(key, bytes, mediaType.sent));
  return { payloadKey: key };
};

/**
 * Keeps what a genuine delivery brought too late, for the sender to take or discard. The caller gets its refusal all the
 * same; where nothing can be kept for want of an answer it gets a 503, and may send it again.
 * @returns `refusal`, or `foreign` where its signature came before with another token or payload
 */
export const createKeepLate =
  ({ inlineLimit, payloads, quarantineLimit, store }: KeepLateOptions) =>
  async (delivery: Delivery, refusal: CallbackRefusal, foreign: CallbackRefusal): Promise<CallbackRefusal> => {
    const { capability, claims, mediaType, processor, receivedAt, request, taskId } = delivery;
    if (quarantineLimit === 0 || !isClosing(capability)) return refusal;
    const bytes = request.body();
    const use = useOf(delivery);
    const { digest, jti } = use;
    if (!(await orUnavailable('store', store.bindSignatures(use)))) return foreign;
    const stored = await storePayload('quarantine', delivery, payloads, inlineLimit);
    const kept = await orUnavailable(
      'store',
      store.quarantine({
        taskId,
        processor: processor.id,
        limit: quarantineLimit,
        tokenOf: capability,
        entry: {
          id: quarantineId(claims.jti, digest),
          capability,
          jti,
          contentType: mediaType.sent,
          size: bytes.length,
          sha256: sha256(bytes),
          receivedAt,
          ...stored,
        },
      }),
    );
    return { ...refusal, kept, fields: { ...refusal.fields, quarantined: kept } };
  };
