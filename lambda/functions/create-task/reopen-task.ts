import type { ClosingCapability } from '../../contract/capabilities.ts';
import { REOPEN_LIMIT } from '../../contract/limits.ts';
import { inSeconds, type ReopenedEntry, statusAt, type TaskStatus } from '../../contract/task.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import { maskCredentials } from '../../shared/mask-credentials.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { retryRaces } from '../../shared/retry-races.ts';
import { keptOrUnknown } from '../../shared/tables/owned-task.ts';
import { refuseToldWorkflow } from '../../shared/tables/told-workflow.ts';
import type { IssueCallbacks } from './issue-callbacks.ts';
import type { IssueResult } from './reissue-callbacks.ts';
import type { ReopenRequest } from './request.ts';
import type { ClosedTask, TaskCreationStore } from './task-creation-store.ts';
import { showTask } from './task-with-callbacks.ts';

export interface ReopenerOptions {
  readonly issueCallbacks: IssueCallbacks;
  readonly store: Pick<TaskCreationStore, 'findClosed' | 'reopen'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
  readonly retries: ConflictRetries;
}

export type Reopener = (sender: Sender, taskId: string, request: ReopenRequest) => Promise<IssueResult | Refusal>;

/** A closed task that can be reopened, and the delivery that closed it. */
interface Reopenable {
  readonly task: ClosedTask;
  readonly entry: ReopenedEntry;
}

/**
 * Rolls back the delivery of a task: the task is pending again with new callbacks, and the delivery goes to its quarantine.
 * The records of earlier tokens stay: a repeat of the same delivery is acknowledged and changes nothing.
 */
export const createReopener = ({ issueCallbacks, now, randomId, retries, store }: ReopenerOptions): Reopener => {
  const findReopenable = async (
    application: string,
    taskId: string,
    seconds: number,
  ): Promise<Reopenable | Refusal> => {
    const task = keptOrUnknown(await orUnavailable('tasks table', store.findClosed(application, taskId)), seconds);
    if (isRefusal(task)) return task;
    const status = statusAt(task, seconds);
    if (status === 'pending') return refuse('task_pending', 'the task is pending');
    const entry = entryOf(task, randomId());
    if (entry === undefined) return refuse('task_closed', `the task is ${status}`);
    const told = refuseToldWorkflow(task);
    if (told !== undefined) return told;
    const { length: times } = task.reopenings ?? [];
    return times >= REOPEN_LIMIT ? refuse('reopen_limit', `reopened ${times} times`) : { task, entry };
  };

  /** Returns undefined if the task has changed since it was read. */
  const attempt = async (
    sender: Sender,
    taskId: string,
    { reason: written, ...parameters }: ReopenRequest,
  ): Promise<IssueResult | Refusal | undefined> => {
    const milliseconds = now();
    const seconds = inSeconds(milliseconds);
    const application = sender.application.id;
    const reopenable = await findReopenable(application, taskId, seconds);
    if (isRefusal(reopenable)) return reopenable;
    const { entry, task } = reopenable;
    const issue = await issueCallbacks(task, parameters, sender, 'reopen', seconds);
    if (isRefusal(issue)) return issue;
    const { after, callbacks, codes, logFields } = issue;
    // Operators read the reason in the timeline.
    const reason = maskCredentials(written, [taskId]);
    const reopening = { at: new Date(milliseconds).toISOString(), from: task.status, reason };
    const reopened = { before: task, after, codes, entry, reopening };
    const isWritten = await orUnavailable('tables', store.reopen(application, reopened));
    if (!isWritten) return undefined;
    return {
      task: showTask({ ...task, ...after }, 'pending', callbacks),
      logFields: { ...logFields, reason },
    };
  };

  return (sender, taskId, request) => retryRaces(() => attempt(sender, taskId, request), retries);
};

const CLOSED_BY: Readonly<Partial<Record<TaskStatus, ClosingCapability>>> = { succeeded: 'result', failed: 'failure' };

/** Returns the delivery that closed a task, or undefined if no delivery closed it. */
const entryOf = (task: ClosedTask, id: string): ReopenedEntry | undefined => {
  const capability = CLOSED_BY[task.status];
  const payload = capability && task[capability];
  const { payloadKey } = task;
  return capability && payload && { id, capability, ...payload, ...(payloadKey !== undefined && { payloadKey }) };
};
