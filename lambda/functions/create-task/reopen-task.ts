import type { ClosingCapability } from '../../contract/capabilities.ts';
import { REOPEN_LIMIT } from '../../contract/limits.ts';
import type { ReopenedEntry, StoredPayload, TaskStatus } from '../../contract/task.ts';
import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { untilFirst } from '../../shared/tables/retry-races.ts';
import type { IssueAnew } from './issue-anew.ts';
import type { ReopenRequest } from './open-request.ts';
import { inSeconds, isKept, showOpened, statusOf } from './opened-task.ts';
import type { Reissued } from './reissue-callbacks.ts';
import type { ClosedTask, TaskStore } from './task-store.ts';

export interface ReopenerOptions {
  readonly issueAnew: IssueAnew;
  readonly store: Pick<TaskStore, 'findClosed' | 'reopen'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
  readonly retries: ConflictRetries;
}

export type Reopener = (taskId: string, request: ReopenRequest, clientId: string) => Promise<Reissued | Refusal>;

/**
 * Takes the delivery of a task back: the task is pending again with new callbacks, and what was delivered goes to its
 * quarantine. The records of earlier tokens stand: the same delivery again is acknowledged and changes nothing.
 */
export const createReopener =
  ({ issueAnew, now, randomId, retries, store }: ReopenerOptions): Reopener =>
  (taskId, { reason, ...terms }, clientId) =>
    untilFirst(async () => {
      const milliseconds = now();
      const seconds = inSeconds(milliseconds);
      const task = await orUnavailable('tasks table', store.findClosed(taskId));
      if (!isKept(task, seconds)) return refuse('task_unknown', 'no such task');
      const status = statusOf(task, seconds);
      if (status === 'pending') return refuse('task_pending', 'the task is pending');
      const entry = entryOf(task, randomId());
      if (entry === undefined) return refuse('task_closed', `the task is ${status}`);
      const reopenings = task.reopenings ?? [];
      if (reopenings.length >= REOPEN_LIMIT) return refuse('reopen_limit', `reopened ${reopenings.length} times`);

      const issue = await issueAnew(task, terms, clientId, seconds);
      if (isRefusal(issue)) return issue;
      const { after, callbacks, codes, said } = issue;
      const at = new Date(milliseconds).toISOString();
      const reopening = { at, from: task.status, reason };
      return (await orUnavailable('tables', store.reopen({ before: task, after, codes, entry, reopening })))
        ? {
            task: showOpened({ ...task, ...after }, 'pending', callbacks),
            said: { ...said, reason: maskCredentials(reason) },
          }
        : undefined;
    }, retries);

/** A callback URL that a sender pastes into a reason ends in a token or a short code: 22 characters or more of base64url. */
const maskCredentials = (text: string): string => text.replace(/[A-Za-z0-9_.-]{22,}/g, '…');

const CLOSED_BY: Readonly<Partial<Record<TaskStatus, ClosingCapability>>> = { succeeded: 'result', failed: 'failure' };

/** What the task holds of its delivery; undefined where it was closed by none. */
const entryOf = (task: ClosedTask, id: string): ReopenedEntry | undefined => {
  const capability = CLOSED_BY[task.status];
  const payload = capability && task[capability];
  return capability && payload && { id, capability, ...payload, ...storedOf(task) };
};

/** @throws {TypeError} where the bytes are missing, which no write leaves behind */
const storedOf = ({ payload, payloadKey }: Pick<ClosedTask, 'payload' | 'payloadKey'>): StoredPayload => {
  if (payload !== undefined) return { payload };
  if (payloadKey !== undefined) return { payloadKey };
  throw new TypeError('A delivery without bytes.');
};
