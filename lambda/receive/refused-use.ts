import type { Processor } from '../contract/registry.ts';
import { isOverdue } from '../contract/task.ts';
import { refuse } from '../http/problem.ts';
import type { CallbackRefusal } from './ending.ts';
import type { RefusedTask, Use, UseRecord } from './store.ts';

/** Why the transaction was refused: a repeat of the recorded use, a replay, or something about the task. */
export type RefusedUse =
  | { readonly kind: 'repeat'; readonly record: UseRecord }
  | { readonly kind: 'replay' }
  | { readonly kind: 'refused'; readonly refusal: CallbackRefusal };

/** What a refused transaction means (step 10); the first that holds decides. */
export const explainRefusedUse = (
  use: Pick<Use, 'digest' | 'maxUses' | 'processor' | 'capability' | 'jti' | 'now'>,
  processor: Processor,
  record: UseRecord | undefined,
  task: RefusedTask | undefined,
): RefusedUse => {
  if (record !== undefined) {
    const same = record.payloadSha256 === use.digest;
    if (use.maxUses === 1) {
      return same && processor.replayMode === 'acknowledge' ? { kind: 'repeat', record } : { kind: 'replay' };
    }
    // An upload is not answered again once its token has stopped working: the answer would be a new URL.
    const isRevoked = use.capability === 'upload' && task !== undefined;
    if (same && !isRevoked) return { kind: 'repeat', record };
    if (!same && record.uses >= use.maxUses) {
      return { kind: 'refused', refusal: refuse('token_exhausted', `${record.uses} of ${use.maxUses} uses`) };
    }
  }
  return { kind: 'refused', refusal: explainTask(use, task, record === undefined) };
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
