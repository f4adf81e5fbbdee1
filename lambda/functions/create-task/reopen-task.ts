import type { ClosingCapability } from '../../contract/capabilities.ts';
import type { JsonValue } from '../../contract/dispatch.ts';
import { REOPEN_LIMIT } from '../../contract/limits.ts';
import type { Registry } from '../../contract/registry.ts';
import { inSeconds, type ReopenedEntry, statusAt, type TaskStatus } from '../../contract/task.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import { namesInput } from '../../shared/dispatch/placeholders.ts';
import { queueAttributes } from '../../shared/dispatch/queue-attributes.ts';
import { refuseIssue, sendAgainUpdate } from '../../shared/dispatch/send-again.ts';
import { maskCredentials } from '../../shared/mask-credentials.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { retryRaces } from '../../shared/retry-races.ts';
import { hasFailedByDispatch } from '../../shared/tables/dispatch-view.ts';
import { keptOrUnknown } from '../../shared/tables/owned-task.ts';
import { refuseToldWorkflow } from '../../shared/tables/told-workflow.ts';
import type { IssueCallbacks } from './issue-callbacks.ts';
import type { IssueResult } from './reissue-callbacks.ts';
import { type ReopenRequest, refuseRequest } from './request.ts';
import type { ClosedTask, InputWrite, TaskCreationStore } from './task-creation-store.ts';
import { showSentTask, showTask } from './task-with-callbacks.ts';

export interface ReopenerOptions {
  readonly issueCallbacks: IssueCallbacks;
  readonly registry: Registry;
  readonly store: Pick<TaskCreationStore, 'findClosed' | 'findInput' | 'queueAgain' | 'reopen'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
  readonly retries: ConflictRetries;
}

export type Reopener = (sender: Sender, taskId: string, request: ReopenRequest) => Promise<IssueResult | Refusal>;

/**
 * A closed task that can be reopened, and the delivery that closed it. Without one, its work could not be sent; or an operator
 * has reopened it, and it needs its input again.
 */
interface Reopenable {
  readonly task: ClosedTask;
  readonly entry: ReopenedEntry | undefined;
}

/**
 * Rolls back the delivery of a task: the task is pending again with new callbacks, and the delivery goes to its quarantine.
 * The records of earlier tokens stay: a repeat of the same delivery is acknowledged and changes nothing.
 */
export const createReopener = ({
  issueCallbacks,
  now,
  randomId,
  registry,
  retries,
  store,
}: ReopenerOptions): Reopener => {
  const findReopenable = async (
    application: string,
    taskId: string,
    seconds: number,
  ): Promise<Reopenable | Refusal> => {
    const task = keptOrUnknown(await orUnavailable('tasks table', store.findClosed(application, taskId)), seconds);
    if (isRefusal(task)) return task;
    const status = statusAt(task, seconds);
    if (status === 'pending') {
      if (!wasTakenBack(task)) return refuse('task_pending', 'the task is pending');
      return (task.dispatch && refuseIssue(task.dispatch.issue)) ?? { task, entry: undefined };
    }
    const entry = entryOf(task, randomId());
    if (entry === undefined && !hasFailedByDispatch(task)) return refuse('task_closed', `the task is ${status}`);
    const told = refuseToldWorkflow(task);
    if (told !== undefined) return told;
    const { length: times } = task.reopenings ?? [];
    if (times >= REOPEN_LIMIT) return refuse('reopen_limit', `reopened ${times} times`);
    return (task.dispatch && refuseIssue(task.dispatch.issue)) ?? { task, entry };
  };

  /** Returns the input of work that Postern sends, and what becomes of the stored one. */
  const findInput = async (
    { dispatch, processor, taskId }: ClosedTask,
    given: JsonValue | undefined,
  ): Promise<{ readonly input?: JsonValue; readonly write?: InputWrite } | Refusal> => {
    if (dispatch === undefined) {
      return given === undefined ? {} : faultOfInput('must be absent: Postern does not send the work of this task');
    }
    const issue = dispatch.issue + 1;
    if (given !== undefined) return { input: given, write: { issue, text: JSON.stringify(given) } };
    const stored = await orUnavailable('lookups table', store.findInput(taskId));
    if (stored !== undefined) return { input: JSON.parse(stored), write: { issue } };
    const settings = Object.hasOwn(registry, processor) ? registry[processor]?.dispatch : undefined;
    return settings !== undefined && namesInput(settings)
      ? faultOfInput('is required, because the former input was deleted when the task ended: send it again')
      : {};
  };

  /** Returns undefined if the task has changed since it was read. */
  const attempt = async (
    sender: Sender,
    taskId: string,
    { input: given, reason: written, ...parameters }: ReopenRequest,
  ): Promise<IssueResult | Refusal | undefined> => {
    const milliseconds = now();
    const seconds = inSeconds(milliseconds);
    const application = sender.application.id;
    const reopenable = await findReopenable(application, taskId, seconds);
    if (isRefusal(reopenable)) return reopenable;
    const { entry, task } = reopenable;
    const found = await findInput(task, given);
    if (isRefusal(found)) return found;
    const { input, write } = found;
    const wanted = { ...parameters, ...(input !== undefined && { input }) };
    const issue = await issueCallbacks(task, wanted, sender, 'reopen', seconds);
    if (isRefusal(issue)) return issue;
    const { after, callbacks, codes, logFields } = issue;
    // Operators read the reason in the timeline.
    const reason = maskCredentials(written, [taskId]);
    const kept = write && { input: write };
    const isWritten = await orUnavailable(
      'tables',
      entry === undefined
        ? store.queueAgain(application, {
            before: task,
            after,
            update: sendAgainUpdate(task, task.status === 'pending' ? 'issue' : 'reopening', after, milliseconds, {
              reason,
            }),
            ...kept,
          })
        : store.reopen(application, {
            before: task,
            after,
            codes,
            entry,
            reopening: { at: new Date(milliseconds).toISOString(), from: task.status, reason },
            ...(task.dispatch !== undefined && { queue: queueAttributes(task, task.dispatch, seconds) }),
            ...kept,
          }),
    );
    if (!isWritten) return undefined;
    return {
      task:
        task.dispatch === undefined
          ? showTask({ ...task, ...after }, 'pending', callbacks)
          : showSentTask({ ...task, ...after }, 'pending', 'queued'),
      logFields: { ...logFields, reason },
    };
  };

  return (sender, taskId, request) => retryRaces(() => attempt(sender, taskId, request), retries);
};

/**
 * True if an operator took the callbacks of a task whose work Postern sends: by a revocation, or by reopening it. Then the task is
 * pending, and its input may be gone.
 */
const wasTakenBack = ({ dispatch }: ClosedTask): boolean =>
  dispatch?.state === 'stopped' && dispatch.reason === 'Revoked';

const faultOfInput = (detail: string): Refusal => refuseRequest([{ pointer: '/input', detail }]);

const CLOSED_BY: Readonly<Partial<Record<TaskStatus, ClosingCapability>>> = { succeeded: 'result', failed: 'failure' };

/** Returns the delivery that closed a task, or undefined if no delivery closed it. */
const entryOf = (task: ClosedTask, id: string): ReopenedEntry | undefined => {
  const capability = CLOSED_BY[task.status];
  const payload = capability && task[capability];
  const { payloadKey } = task;
  return capability && payload && { id, capability, ...payload, ...(payloadKey !== undefined && { payloadKey }) };
};
