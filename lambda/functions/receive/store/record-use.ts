import { JTI_RETENTION_AFTER_EXP_SECONDS } from '../../../contract/limits.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import { orUnavailable } from '../../../shared/or-unavailable.ts';
import { describeError, isRefusal, refuse } from '../../../shared/refusal.ts';
import type { AuthenticatedCallback } from '../authenticated-callback.ts';
import type { ProofResult } from '../checks/proof/proof.ts';
import type { Delivery } from '../delivery.ts';
import type { CallbackRefusal } from '../outcome.ts';
import type { Replay, TaskUpdate } from './callback-store.ts';
import { explainConditionFailure, SIGNATURE_OF_ANOTHER } from './explain-condition-failure.ts';
import { createQuarantine, type QuarantineOptions } from './quarantine-late-delivery.ts';
import { storePayload } from './store-payload.ts';
import { type TokenUse, toTokenUse } from './token-use.ts';

export interface RecordUseOptions extends QuarantineOptions {
  readonly logger: Logger;
}

/** A use of a token that is recorded now, or was recorded before. */
export interface RecordedUse {
  /** Time of receipt of the first delivery, RFC 3339. */
  readonly receivedAt: string;
  /** True if the delivery repeats a recorded one. */
  readonly acknowledged: boolean;
}

export type RecordUse = (
  callback: AuthenticatedCallback,
  delivery: Delivery,
  proof: ProofResult,
) => Promise<RecordedUse | CallbackRefusal>;

/** Creates step 10: records the use and the change of the task together, or neither. */
export const createRecordUse = (options: RecordUseOptions): RecordUse => {
  const { logger, store } = options;
  const quarantine = createQuarantine(options);

  const toTaskUpdate = async (delivery: Delivery, use: TokenUse): Promise<TaskUpdate> => {
    if (delivery.kind !== 'close') return delivery;
    const { capability, kind, payload } = delivery;
    return { kind, capability, payload, stored: await storePayload('result', delivery, use, options) };
  };

  /** Acknowledges a repeat. Signatures that came first with this repeat are bound to it. */
  const acknowledge = async (
    use: TokenUse,
    receivedAt: string,
    signatureRefusal: CallbackRefusal,
  ): Promise<RecordedUse | CallbackRefusal> =>
    (await orUnavailable('store', store.bindSignatures(use, receivedAt)))
      ? { receivedAt, acknowledged: true }
      : signatureRefusal;

  /** Keeps the evidence of a replay. The replay is refused and counted even if this fails. */
  const recordReplay = async (
    { request }: AuthenticatedCallback,
    { digest, jtiKey, receivedAt, taskId }: TokenUse,
    first: Replay['first'],
  ): Promise<void> => {
    try {
      await store.recordReplay({ jtiKey, taskId, digest, from: request.sourceAddress, at: receivedAt, first });
    } catch (error) {
      const { requestId } = request;
      logger.error('replay evidence not kept', { requestId, taskId, error: describeError(error) });
    }
  };

  const consume = async (
    callback: AuthenticatedCallback,
    delivery: Delivery,
    use: TokenUse,
  ): Promise<RecordedUse | CallbackRefusal> => {
    const update = await toTaskUpdate(delivery, use);
    const consumption = await orUnavailable('store', store.consume(use, update));
    if (consumption.recorded) return { receivedAt: use.receivedAt, acknowledged: false };

    const failure = explainConditionFailure(use, callback.processor, consumption);
    const signatureRefusal = refuse('proof_invalid', SIGNATURE_OF_ANOTHER);
    if (isRefusal(failure))
      return failure.quarantinable ? quarantine(delivery, use, failure, signatureRefusal) : failure;
    if (failure.kind === 'repeat') {
      const recorded = new Set(consumption.signatures.map(({ key }) => key));
      const signatures = use.signatures.filter(({ key }) => !recorded.has(key));
      return acknowledge({ ...use, signatures }, failure.receivedAt, signatureRefusal);
    }
    await recordReplay(callback, use, failure.first);
    return refuse('token_replayed', `the ${use.capability} token was used before`);
  };

  /** A token past `exp` can only get the acknowledgement of a repeat. */
  const acknowledgeExpired = async (
    { processor }: AuthenticatedCallback,
    delivery: Delivery,
    use: TokenUse,
  ): Promise<RecordedUse | CallbackRefusal> => {
    const record = await orUnavailable('store', store.findUse(use.jtiKey));
    const signatureRefusal = refuse('token_expired', `expired, and ${SIGNATURE_OF_ANOTHER}`);
    if (record === undefined) {
      // After its retention the record may be deleted, so a missing record no longer proves that the token is unused.
      if (use.now >= use.exp + JTI_RETENTION_AFTER_EXP_SECONDS) {
        return refuse('token_expired', 'expired, and its use is forgotten');
      }
      return quarantine(
        delivery,
        use,
        { ...refuse('token_expired', 'expired, never used'), late: true },
        signatureRefusal,
      );
    }
    const isRepeat = record.payloadSha256 === use.digest && (use.maxUses > 1 || processor.replayMode === 'acknowledge');
    // An upload is not acknowledged again: the new URL would outlive its token.
    return isRepeat && use.capability !== 'upload'
      ? acknowledge(use, record.usedAt, signatureRefusal)
      : refuse('token_expired', 'expired after its use');
  };

  return (callback, delivery, { signatures }) => {
    const use = toTokenUse(callback, signatures);
    return callback.expired ? acknowledgeExpired(callback, delivery, use) : consume(callback, delivery, use);
  };
};
