import type { Processor } from '../../../contract/registry.ts';
import { isOverdue } from '../../../contract/task.ts';
import { refuse } from '../../../shared/refusal.ts';
import type { CallbackRefusal } from '../outcome.ts';
import { type FailedConsumption, isOfSameDelivery, type Replay, type UnchangedTask } from './callback-store.ts';
import type { TokenUse } from './token-use.ts';

/** The reason why the transaction failed: a repeat of a recorded use, a replay, or a refusal. */
export type ConditionFailure =
  | { readonly kind: 'repeat'; readonly receivedAt: string }
  | { readonly kind: 'replay'; readonly first: Replay['first'] }
  | CallbackRefusal;

/** The reason for a signature that came before with another delivery. */
export const SIGNATURE_OF_ANOTHER = 'its signature came before, with another token or payload';

/** Step 10: explains a failed transaction by the stored items. The first explanation that holds decides. */
export const explainConditionFailure = (
  use: Pick<TokenUse, 'digest' | 'jtiKey' | 'maxUses' | 'processor' | 'capability' | 'jti' | 'now'>,
  { replayMode }: Pick<Processor, 'replayMode'>,
  { record, signatures, task }: Pick<FailedConsumption, 'record' | 'signatures' | 'task'>,
): ConditionFailure => {
  if (signatures.some((signature) => !isOfSameDelivery(signature, use))) {
    return refuse('proof_invalid', SIGNATURE_OF_ANOTHER);
  }
  // An upload is not acknowledged again once its token is revoked: the response would be a new URL.
  const isRevoked = use.capability === 'upload' && task !== undefined;
  // With a token of several uses, the record may be of a later use: only the signature tells that this one was recorded.
  const [signature] = signatures;
  if (signature?.usedAt !== undefined && use.maxUses > 1 && !isRevoked) {
    return { kind: 'repeat', receivedAt: signature.usedAt };
  }
  if (record !== undefined) {
    const isSame = record.payloadSha256 === use.digest;
    if (use.maxUses === 1) {
      return isSame && replayMode === 'acknowledge'
        ? { kind: 'repeat', receivedAt: record.usedAt }
        : { kind: 'replay', first: { at: record.usedAt, sha256: record.payloadSha256 } };
    }
    if (isSame && !isRevoked) return { kind: 'repeat', receivedAt: record.usedAt };
    if (!isSame && record.uses >= use.maxUses) {
      return refuse('token_exhausted', `${record.uses} of ${use.maxUses} uses`);
    }
  }
  return explainTask(use, task, record === undefined && signature === undefined);
};

const explainTask = (
  use: Pick<TokenUse, 'processor' | 'capability' | 'jti' | 'now'>,
  task: UnchangedTask | undefined,
  isFirstUse: boolean,
): CallbackRefusal => {
  if (task === undefined) return refuse('task_gone', 'no such task');
  if (task.processor !== use.processor) return refuse('token_subject_invalid', 'the task has another processor');
  if (task.callbacks[use.capability]?.jti !== use.jti) {
    return refuse('token_revoked', 'not the current token of this capability');
  }
  // From here on the delivery is genuine and only late, so the sender may still want it.
  const late = { late: isFirstUse, quarantinable: true };
  if (task.status === 'cancelled') return { ...refuse('token_revoked', 'the task was cancelled'), ...late };
  if (task.status === 'expired' || isOverdue(task, use.now)) {
    return { ...refuse('token_expired', 'the task is past its time'), ...late };
  }
  return { ...refuse('task_closed', `the task is ${task.status}`), ...late };
};
