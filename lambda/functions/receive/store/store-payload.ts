import { objectKey } from '../../../contract/tables.ts';
import type { StoredPayload } from '../../../contract/task.ts';
import { orUnavailable } from '../../../shared/or-unavailable.ts';
import type { ClosingDelivery } from '../delivery.ts';
import type { PayloadStore } from './payload-store.ts';
import type { TokenUse } from './token-use.ts';

export interface StorePayloadOptions {
  readonly payloads: () => PayloadStore;
  /** Largest payload stored on the task, in bytes. */
  readonly inlineLimit: number;
}

/**
 * Stores a payload: a small one on the task, a larger one in the bucket. The object is written before anything points to it.
 * @returns the payload for the task, or its key in the bucket
 */
export const storePayload = async (
  kind: 'result' | 'quarantine',
  { bytes, payload }: ClosingDelivery,
  { jti, taskId }: Pick<TokenUse, 'jti' | 'taskId'>,
  { inlineLimit, payloads }: StorePayloadOptions,
): Promise<StoredPayload> => {
  if (bytes.length <= inlineLimit) return { payload: bytes };
  const key = objectKey(kind, { taskId, jti, digest: payload.sha256 });
  await orUnavailable('payloads', payloads().put(key, bytes, payload.contentType));
  return { payloadKey: key };
};
