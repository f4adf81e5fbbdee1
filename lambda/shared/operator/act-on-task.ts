import { applicationOf } from '../../contract/applications.ts';
import type { ClosingCapability } from '../../contract/capabilities.ts';
import { REOPEN_LIMIT } from '../../contract/limits.ts';
import type { Registry } from '../../contract/registry.ts';
import {
  inSeconds,
  isKept,
  isOverdue,
  type ReopenedEntry,
  revisionOf,
  type TaskLayout,
  type TaskStatus,
} from '../../contract/task.ts';
import type { ConflictRetries } from '../aws/transaction-conflicts.ts';
import type { Fields } from '../log/logger.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { retryRaces } from '../retry-races.ts';
import { journalAppend } from '../tables/journal.ts';
import { type Quarantined, quarantineOf } from '../tables/quarantined.ts';
import {
  acceptUpdate,
  cancelUpdate,
  discardUpdate,
  hasRevision,
  onlyIf,
  type TaskUpdate,
} from '../tables/task-updates.ts';
import { type Acting, auditEntryOf } from './answer-action.ts';
import type { AskOperatorPolicy } from './ask-operator-policy.ts';
import type { AuditLog } from './audit-log.ts';
import { type OperatorTaskView, shownCallbacksOf, showOperatorTask } from './operator-task.ts';
import type { ActionableTask, OperatorTaskStore } from './operator-task-store.ts';
import { reopenUpdate } from './reopen-update.ts';
import { revokeUpdate } from './revoke-update.ts';

/** Actions on one task, except showing a payload. */
export type TaskAction = 'cancel' | 'revoke' | 'reopen' | 'accept' | 'discard';

export interface TaskActionRequest {
  readonly action: TaskAction;
  readonly taskId: string;
  /** The revision that the operator saw. */
  readonly revision: number;
  /** For `accept` and `discard`. */
  readonly quarantineId: string;
}

/** The task after an action. */
export interface TaskActionResult {
  readonly view: OperatorTaskView;
  /** False if nothing had to be changed. */
  readonly isChanged: boolean;
  readonly logFields: Fields;
}

export interface OperatorTasksOptions {
  readonly store: OperatorTaskStore;
  readonly audit: Pick<AuditLog, 'append'>;
  /** `null`: the environment has no policies. */
  readonly askPolicy: AskOperatorPolicy | null;
  readonly registry: Registry;
  readonly layout: TaskLayout;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
  readonly retries: ConflictRetries;
}

/** Single tasks, for operators. */
export interface OperatorTasks {
  read(taskId: string): Promise<OperatorTaskView | Refusal>;
  /** Changes a task and writes the audit item in one transaction. */
  act(request: TaskActionRequest, acting: Acting): Promise<TaskActionResult | Refusal>;
}

const TASKS = 'tasks table';
const UNKNOWN = refuse('task_unknown', 'no such task');

export const createOperatorTasks = (options: OperatorTasksOptions): OperatorTasks => {
  const { audit, now: clock, registry, retries, store } = options;

  const read: OperatorTasks['read'] = async (taskId) => {
    const now = clock();
    const task = await orUnavailable(TASKS, store.find(taskId));
    if (!isKept(task, inSeconds(now))) return UNKNOWN;
    const jtis = Object.values(shownCallbacksOf(task)).map(({ jti }) => jti);
    return showOperatorTask(task, await orUnavailable('jti table', store.countUses(jtis)), registry, now);
  };

  /** Returns undefined if the task has changed since it was read. */
  const attempt = async (
    request: TaskActionRequest,
    acting: Acting,
  ): Promise<Omit<TaskActionResult, 'view'> | Refusal | undefined> => {
    const now = clock();
    const task = await orUnavailable(TASKS, store.findActionable(request.taskId));
    if (!isKept(task, inSeconds(now))) return UNKNOWN;
    const logFields = options.askPolicy === null ? {} : options.askPolicy(acting, task);
    if (isRefusal(logFields)) return logFields;
    const update = decide(task, request, acting, now, options);
    if (isRefusal(update)) return update;
    const before = revisionOf(task);
    const after = update === 'nothing' ? before : before + 1;
    const entry = auditEntryOf(acting, { now: () => now, randomId: options.randomId }, 'done', {
      application: applicationOf(task),
      revision: { before, after },
    });
    if (update === 'nothing') {
      await orUnavailable('audit table', audit.append(entry));
      return { isChanged: false, logFields };
    }
    const isDone = await orUnavailable('tables', store.change(task.taskId, update, entry));
    return isDone ? { isChanged: true, logFields } : undefined;
  };

  return {
    read,
    act: async (request, acting) => {
      const done = await retryRaces(() => attempt(request, acting), retries);
      if (isRefusal(done)) return done;
      const view = await read(request.taskId);
      return isRefusal(view) ? view : { ...done, view };
    },
  };
};

/** Returns the update of an action, or its refusal. `nothing`: the action was done before, so no update is needed. */
const decide = (
  task: ActionableTask,
  { action, quarantineId, revision }: TaskActionRequest,
  { operator, reason }: Acting,
  now: number,
  { layout, randomId }: Pick<OperatorTasksOptions, 'layout' | 'randomId'>,
): TaskUpdate | 'nothing' | Refusal => {
  const current = revisionOf(task);
  if (revision !== current) return refuse('task_changed', `revision ${current}`, { revision: current });
  const actor = { operator, reason };
  const status = isOverdue(task, inSeconds(now)) ? 'expired' : task.status;
  switch (action) {
    case 'cancel': {
      if (status !== 'pending') return closed(status);
      const journal = journalAppend(task, { at: new Date(now).toISOString(), kind: 'cancelled', ...actor });
      return onlyIf(cancelUpdate(layout, now, journal), hasRevision(task));
    }
    case 'revoke':
      if (status !== 'pending') return closed(status);
      return Object.keys(task.callbacks).length === 0 ? 'nothing' : revokeUpdate(task, now, actor);
    case 'reopen': {
      const entry = entryOf(task, randomId);
      if (status === 'pending') return PENDING;
      if (entry === undefined) return closed(status);
      const { length: times } = task.reopenings ?? [];
      return times >= REOPEN_LIMIT
        ? refuse('reopen_limit', `reopened ${times} times`)
        : reopenUpdate(task, entry, now, actor);
    }
    case 'accept': {
      const quarantined = findQuarantined(task, quarantineId, now);
      if (quarantined === undefined) return UNKNOWN_ENTRY;
      if (status === 'pending') return PENDING;
      return status === 'expired' ? acceptUpdate(layout, task, quarantined, now, actor) : closed(status);
    }
    case 'discard': {
      const quarantined = findQuarantined(task, quarantineId, now);
      return quarantined === undefined ? UNKNOWN_ENTRY : discardUpdate(task, quarantined, now, actor);
    }
  }
};

const PENDING = refuse('task_pending', 'the task is pending');
const UNKNOWN_ENTRY = refuse('quarantine_unknown', 'no such delivery in quarantine');
const closed = (status: TaskStatus): Refusal => refuse('task_closed', `the task is ${status}`);

const findQuarantined = (task: ActionableTask, id: string, now: number): Quarantined | undefined =>
  quarantineOf(task, now).find(({ entry }) => entry.id === id);

const CLOSED_BY: Readonly<Partial<Record<TaskStatus, ClosingCapability>>> = { succeeded: 'result', failed: 'failure' };

/** Returns the delivery that closed a task, or undefined if no delivery closed it. */
const entryOf = (task: ActionableTask, randomId: () => string): ReopenedEntry | undefined => {
  const capability = CLOSED_BY[task.status];
  const payload = capability && task[capability];
  if (capability === undefined || payload === undefined) return undefined;
  const { payloadKey } = task;
  return { id: randomId(), capability, ...payload, ...(payloadKey !== undefined && { payloadKey }) };
};
