import type { DispatchReason, DispatchStop, DispatchView, StoredDispatch } from '../../contract/dispatch.ts';
import { effectiveDeadline, statusAt, type TaskItem, type TaskStatus } from '../../contract/task.ts';

/** Attributes of a task that decide how far its work has come on its way to the processor. */
export type DispatchedTask = Pick<
  TaskItem,
  'status' | 'deadline' | 'heartbeatDeadline' | 'closedAt' | 'progress' | 'revokedAt' | 'dispatch' | 'queuedAt'
>;

/** What has become of a dispatch that is stored as queued: it is over, and the dispatcher has not written that yet. */
export type DispatchEnd =
  | { readonly state: 'accepted'; readonly acceptedAt: string }
  | { readonly state: 'stopped'; readonly reason: DispatchStop };

/**
 * Returns the end of a dispatch that is stored as queued; undefined if it still is. The receiver, `expire` and every action of a
 * sender or an operator change the task alone: then a callback costs what it costs any other task. So readers, and the
 * dispatcher before each attempt, conclude from the task what that means for the dispatch.
 *
 * A callback shows that the processor has the work, whatever it answered, or did not answer, to the attempt.
 * @param now seconds since 1970
 */
export const endOfDispatch = (task: DispatchedTask, now: number): DispatchEnd | undefined => {
  const { dispatch, progress, revokedAt } = task;
  if (dispatch?.state !== 'queued') return undefined;
  const status = statusAt(task, now);
  if (status === 'pending') {
    if (revokedAt !== undefined) return { state: 'stopped', reason: 'Revoked' };
    const isOfThisIssue = progress !== undefined && wasTried(dispatch) && Date.parse(progress.at) >= queuedAtOf(task);
    return isOfThisIssue ? { state: 'accepted', acceptedAt: progress.at } : undefined;
  }
  const stop = STOPS[status];
  if (stop !== undefined) return { state: 'stopped', reason: stop };
  const acceptedAt = task.closedAt ?? new Date(effectiveDeadline(task) * 1000).toISOString();
  return wasTried(dispatch) ? { state: 'accepted', acceptedAt } : { state: 'stopped', reason: 'Settled' };
};

const STOPS: Readonly<Partial<Record<TaskStatus, DispatchStop>>> = { cancelled: 'Cancelled', expired: 'Expired' };

/** True if an attempt of the present issue of callbacks was made. */
const wasTried = ({ attempts, attemptsBefore = 0 }: StoredDispatch): boolean => attempts > attemptsBefore;

const queuedAtOf = ({ queuedAt = 0 }: DispatchedTask): number => queuedAt * 1000;

/**
 * Returns the dispatch of a task as senders and operators see it; undefined for a task whose work Postern does not send.
 * @param now seconds since 1970
 */
export const showDispatch = (task: DispatchedTask, now: number): DispatchView | undefined => {
  const { dispatch } = task;
  if (dispatch === undefined) return undefined;
  const end = endOfDispatch(task, now);
  const { attempts, lastAttemptAt, lastStatus, remoteId } = dispatch;
  const acceptedAt = end?.state === 'accepted' ? end.acceptedAt : dispatch.acceptedAt;
  const reason: DispatchReason | undefined = end?.state === 'stopped' ? end.reason : dispatch.reason;
  return {
    state: end?.state ?? dispatch.state,
    attempts,
    ...(lastAttemptAt !== undefined && { lastAttemptAt }),
    ...(lastStatus !== undefined && { lastStatus }),
    ...(acceptedAt !== undefined && { acceptedAt }),
    ...(remoteId !== undefined && { remoteId }),
    ...(reason !== undefined && { reason }),
  };
};

/**
 * True if a task failed because its work could not be sent. A delivery that is accepted later has a payload. The state of the dispatch
 * says nothing: an answer that came late makes it accepted, and the task stays failed.
 */
export const hasFailedByDispatch = ({
  dispatch,
  failure,
  status,
}: {
  readonly status: TaskStatus;
  readonly dispatch?: Pick<DispatchView, 'state'>;
  readonly failure?: object;
}): boolean => status === 'failed' && dispatch !== undefined && failure === undefined;
