import type { DispatchState, DispatchStop } from '../../contract/dispatch.ts';
import { inSeconds, statusAt, type TaskLayout } from '../../contract/task.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import type { AskSenderPolicy } from '../../shared/policy/ask-sender-policy.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import { showDispatch } from '../../shared/tables/dispatch-view.ts';
import { supersedesKey } from '../../shared/tables/hashed-keys.ts';
import { journalAppend } from '../../shared/tables/journal.ts';
import { keptOrUnknown } from '../../shared/tables/owned-task.ts';
import { type Condition, cancelUpdate, onlyIf, type StopOfDispatch } from '../../shared/tables/task-updates.ts';
import type { Supersession, TaskCreationStore } from './task-creation-store.ts';

export interface SupersedeOptions {
  readonly store: Pick<TaskCreationStore, 'find' | 'findSupersedable'>;
  readonly layout: TaskLayout;
  readonly askPolicy: AskSenderPolicy;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Finds the pending task of the application that was created with the same value. The policies are asked whether the sender may
 * cancel it: otherwise `supersedes` would be a way around them.
 * @param by id of the new task
 */
export type PrepareSupersession = (sender: Sender, value: string, by: string) => Promise<Supersession | Refusal>;

export const createPrepareSupersession =
  ({ askPolicy, layout, now, store }: SupersedeOptions): PrepareSupersession =>
  async (sender, value, by) => {
    const application = sender.application.id;
    const lookupKey = supersedesKey(application, value);
    const recordedTaskId = await orUnavailable('lookups table', store.findSupersedable(lookupKey));
    if (recordedTaskId === undefined) return { lookupKey };
    const recorded = { lookupKey, recordedTaskId };
    const milliseconds = now();
    const seconds = inSeconds(milliseconds);
    const task = keptOrUnknown(await orUnavailable('tasks table', store.find(application, recordedTaskId)), seconds);
    if (isRefusal(task) || statusAt(task, seconds) !== 'pending') return recorded;
    const decision = askPolicy({ sender, action: 'cancel', task });
    if (isRefusal(decision)) return { ...decision, fields: { ...decision.fields, taskId: task.taskId } };
    const journal = journalAppend(task, {
      at: new Date(milliseconds).toISOString(),
      kind: 'cancelled',
      reason: `Superseded by the task ${by}.`,
    });
    const isQueued = showDispatch(task, seconds)?.state === 'queued';
    const update = isQueued
      ? onlyIf(cancelUpdate(layout, milliseconds, journal, STOP), IS_QUEUED)
      : cancelUpdate(layout, milliseconds, journal);
    return { ...recorded, cancellation: { taskId: task.taskId, update } };
  };

/** Readers conclude from a cancelled task that its dispatch was cancelled. Only this update knows that a later task came. */
const STOP: StopOfDispatch = {
  assignments: ['#dispatch.#state = :stopped', '#dispatch.reason = :superseded'],
  removals: ['dispatchShard', 'dispatchAt'],
};

/** An attempt that was accepted in the meantime counts. */
const IS_QUEUED: Condition = {
  condition: '#dispatch.#state = :queued',
  names: { '#dispatch': 'dispatch', '#state': 'state' },
  values: {
    ':queued': { S: 'queued' satisfies DispatchState },
    ':stopped': { S: 'stopped' satisfies DispatchState },
    ':superseded': { S: 'Superseded' satisfies DispatchStop },
  },
};
