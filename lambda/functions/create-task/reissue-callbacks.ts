import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { untilFirst } from '../../shared/tables/retry-races.ts';
import type { IssueAnew } from './issue-anew.ts';
import type { ReissueRequest } from './open-request.ts';
import { inSeconds, isKept, type OpenedTask, showOpened, statusOf } from './opened-task.ts';
import { type TaskStore, TERMS } from './task-store.ts';

export interface ReissuerOptions {
  readonly issueAnew: IssueAnew;
  readonly store: Pick<TaskStore, 'find' | 'reissue'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly retries: ConflictRetries;
}

/** A task with its new callbacks, and what the log says of them. */
export interface Reissued {
  readonly task: OpenedTask;
  readonly said: Fields;
}

export type Reissuer = (taskId: string, request: ReissueRequest, clientId: string) => Promise<Reissued | Refusal>;

/**
 * Issues the callbacks of a pending task anew. From the moment of the one write the earlier ones are revoked.
 *
 * Of many at the same time each is written, one after the other, and the last one's callbacks are the current ones: the
 * write replaces whichever callbacks it finds. It fails only where something that the request left out, and that was
 * therefore read, has changed since.
 */
export const createReissuer =
  ({ issueAnew, now, retries, store }: ReissuerOptions): Reissuer =>
  (taskId, request, clientId) =>
    untilFirst(async () => {
      const milliseconds = now();
      const seconds = inSeconds(milliseconds);
      const task = await orUnavailable('tasks table', store.find(taskId));
      if (!isKept(task, seconds)) return refuse('task_unknown', 'no such task');
      const status = statusOf(task, seconds);
      if (status !== 'pending') return refuse('task_closed', `the task is ${status}`);

      const issue = await issueAnew(task, request, clientId, seconds);
      if (isRefusal(issue)) return { ...issue, fields: { ...issue.fields, taskId } };
      const { after, callbacks, codes, said } = issue;
      const leftOut = TERMS.filter((term) => request[term] === undefined);
      const reissue = { before: task, leftOut, after, codes, at: new Date(milliseconds).toISOString() };
      return (await orUnavailable('tables', store.reissue(reissue, seconds)))
        ? { task: showOpened({ ...task, ...after }, status, callbacks), said }
        : undefined;
    }, retries);
