import type { TaskWithCallbacks } from '../../contract/sender-api.ts';
import { inSeconds, statusAt } from '../../contract/task.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { retryRaces } from '../../shared/retry-races.ts';
import { keptOrUnknown } from '../../shared/tables/owned-task.ts';
import type { IssueCallbacks } from './issue-callbacks.ts';
import type { ReissueRequest } from './request.ts';
import { type IssuedTask, REISSUE_PARAMETERS, type TaskCreationStore } from './task-creation-store.ts';
import { showTask } from './task-with-callbacks.ts';

export interface ReissuerOptions {
  readonly issueCallbacks: IssueCallbacks;
  readonly store: Pick<TaskCreationStore, 'find' | 'reissue'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly retries: ConflictRetries;
}

/** A task with its new callbacks. */
export interface IssueResult {
  readonly task: TaskWithCallbacks;
  readonly logFields: Fields;
}

export type Reissuer = (sender: Sender, taskId: string, request: ReissueRequest) => Promise<IssueResult | Refusal>;

/**
 * Issues new callbacks of a pending task. One write revokes the earlier ones.
 *
 * Concurrent requests all succeed, one after the other, and the callbacks of the last one are the current ones: the write
 * replaces any callbacks. It fails only if a parameter that the request omits has changed since it was read.
 */
export const createReissuer = ({ issueCallbacks, now, retries, store }: ReissuerOptions): Reissuer => {
  const findPending = async (application: string, taskId: string, seconds: number): Promise<IssuedTask | Refusal> => {
    const task = keptOrUnknown(await orUnavailable('tasks table', store.find(application, taskId)), seconds);
    if (isRefusal(task)) return task;
    if (task.dispatch !== undefined) return refuse('task_dispatched', 'Postern sends the work');
    const status = statusAt(task, seconds);
    return status === 'pending' ? task : refuse('task_closed', `the task is ${status}`);
  };

  /** Returns undefined if the task has changed since it was read. */
  const attempt = async (
    sender: Sender,
    taskId: string,
    request: ReissueRequest,
  ): Promise<IssueResult | Refusal | undefined> => {
    const milliseconds = now();
    const seconds = inSeconds(milliseconds);
    const application = sender.application.id;
    const task = await findPending(application, taskId, seconds);
    if (isRefusal(task)) return task;
    const issue = await issueCallbacks(task, request, sender, 'reissue', seconds);
    if (isRefusal(issue)) return { ...issue, fields: { ...issue.fields, taskId } };
    const { after, callbacks, codes, logFields } = issue;
    const omitted = REISSUE_PARAMETERS.filter((parameter) => request[parameter] === undefined);
    const reissue = { before: task, omitted, after, codes, at: new Date(milliseconds).toISOString() };
    const isWritten = await orUnavailable('tables', store.reissue(application, reissue, seconds));
    return isWritten ? { task: showTask({ ...task, ...after }, 'pending', callbacks), logFields } : undefined;
  };

  return (sender, taskId, request) => retryRaces(() => attempt(sender, taskId, request), retries);
};
