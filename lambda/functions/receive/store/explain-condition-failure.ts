import type { Processor } from '../../../contract/registry.ts';
import { isOverdue } from '../../../contract/task.ts';
import { refuse } from '../../../shared/refusal.ts';
import type { CallbackRefusal } from '../outcome.ts';
import { cameWith, type RefusedConsumption, type RefusedTask, type Use } from './callback-store.ts';

/** Why the transaction was refused: a repeat of a recorded use, a replay, or something about the task. */
export type RefusedUse =
  | { readonly kind: 'repeat'; readonly receivedAt: string }
  | { readonly kind: 'replay' }
  | { readonly kind: 'refused'; readonly refusal: CallbackRefusal };

/** Why a signature is refused that came before with something else. */
export const USED_FOR_ANOTHER = 'its signature came before, with another token or payload';

/** What a refused transaction means (step 10); the first that holds decides. */
export const explainRefusedUse = (
  use: Pick<Use, 'digest' | 'jtiKey' | 'maxUses' | 'processor' | 'capability' | 'jti' | 'now'>,
  processor: Processor,
  { record, signatures, task }: Pick<RefusedConsumption, 'record' | 'signatures' | 'task'>,
): RefusedUse => {
  if (signatures.some((signature) => !cameWith(signature, use))) {
    return { kind: 'refused', refusal: refuse('proof_invalid', USED_FOR_ANOTHER) };
  }
  // An upload is not answered again once its token has stopped working: the answer would be a new URL.
  const isRevoked = use.capability === 'upload' && task !== undefined;
  // With a token of several uses, others may have been recorded since: the signature alone says that this one was.
  const [seen] = signatures;
  if (seen?.usedAt !== undefined && use.maxUses > 1 && !isRevoked) return { kind: 'repeat', receivedAt: seen.usedAt };
  if (record !== undefined) {
    const same = record.payloadSha256 === use.digest;
    if (use.maxUses === 1) {
      return same && processor.replayMode === 'acknowledge'
        ? { kind: 'repeat', receivedAt: record.usedAt }
        : { kind: 'replay' };
    }
    if (same && !isRevoked) return { kind: 'repeat', receivedAt: record.usedAt };
    if (!same && record.uses >= use.maxUses) {
      return { kind: 'refused', refusal: refuse('token_exhausted', `${record.uses} of ${use.maxUses} uses`) };
    }
  }
  return { kind: 'refused', refusal: explainTask(use, task, record === undefined && seen === undefined) };
};

const explainTask = (
  use: Pick<Use, 'processor' | 'capability' | 'jti' | 'now'>,
  task: RefusedTask | undefined,
  isFirstUse: boolean,
): CallbackRefusal => {
  if (task === undefined) return refuse('task_gone', 'no such task');
  if (task.processor !== use.processor) return refuse('token_subject_invalid', 'the task has another processor');
  if (task.callbacks[use.capability]?.jti !== use.jti) {
    return refuse('token_revoked', 'not the current token of this capability');
  }
  // From here on the delivery is genuine and merely too late: somebody may still want what it brought.
  const late = isFirstUse;
  if (task.status === 'cancelled') return { ...refuse('token_revoked', 'the task was cancelled'), late, keep: true };
  if (task.status === 'expired' || isOverdue(task, use.now)) {
    return { ...refuse('token_expired', 'the task is past its time'), late, keep: true };
  }
  return { ...refuse('task_closed', `the task is ${task.status}`), late, keep: true };
};
