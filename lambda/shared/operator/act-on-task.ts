import { applicationOf } from '../../contract/applications.ts';
import type { ClosingCapability } from '../../contract/capabilities.ts';
import { REOPEN_LIMIT } from '../../contract/limits.ts';
import type { OperatorTaskView } from '../../contract/operator-api.ts';
import type { Registry } from '../../contract/registry.ts';
import {
  inSeconds,
  isKept,
  type Payload,
  type ReopenedEntry,
  revisionOf,
  statusAt,
  type TaskLayout,
  type TaskStatus,
} from '../../contract/task.ts';
import type { ConflictRetries } from '../aws/transaction-conflicts.ts';
import type { Fields } from '../log/logger.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { retryRaces } from '../retry-races.ts';
import { hasFailedByDispatch } from '../tables/dispatch-view.ts';
import { journalAppend } from '../tables/journal.ts';
import { type Quarantined, quarantineOf } from '../tables/quarantined.ts';
import { acceptUpdate, cancelUpdate, discardUpdate, hasRevision, onlyIf } from '../tables/task-updates.ts';
import { refuseToldWorkflow } from '../tables/told-workflow.ts';
import { type Acting, auditEntryOf } from './answer-action.ts';
import type { AskOperatorPolicy } from './ask-operator-policy.ts';
import type { AuditLog } from './audit-log.ts';
import { type OperatorTaskRecord, shownCallbacksOf, showOperatorTask } from './operator-task.ts';
import type { ActionableTask, OperatorTaskStore, TaskActionUpdate } from './operator-task-store.ts';
import { reopenUpdate } from './reopen-update.ts';
import { revokeUpdate } from './revoke-update.ts';
import { findSending, type PossibleSending, sendAgainChange } from './send-again.ts';

/** Actions on one task, except showing a payload. */
export type TaskAction = 'cancel' | 'revoke' | 'reopen' | 'accept' | 'discard' | 'dispatch';

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

/** A task, and what can be done with it. */
export interface InspectedTask {
  readonly view: OperatorTaskView;
  /** Returns why an action is not possible in the state of the task, or undefined. Roles and settings decide too. */
  readonly refusalOf: (action: TaskAction, quarantineId?: string) => Refusal | undefined;
}

/** Single tasks, for operators. */
export interface OperatorTasks {
  read(taskId: string): Promise<OperatorTaskView | Refusal>;
  /** Reads a task, and what can be done with it in its state. */
  inspect(taskId: string): Promise<InspectedTask | Refusal>;
  /** Changes a task and writes the audit item in one transaction. */
  act(request: TaskActionRequest, acting: Acting): Promise<TaskActionResult | Refusal>;
}

const TASKS = 'tasks table';
const UNKNOWN = refuse('task_unknown', 'no such task');

export const createOperatorTasks = (options: OperatorTasksOptions): OperatorTasks => {
  const { audit, now: clock, registry, retries, store } = options;

  const inspect: OperatorTasks['inspect'] = async (taskId) => {
    const now = clock();
    const task = await orUnavailable(TASKS, store.findActionable(taskId));
    if (!isKept(task, inSeconds(now))) return UNKNOWN;
    const jtis = Object.values(shownCallbacksOf(task)).map(({ jti }) => jti);
    const view = showOperatorTask(task, await orUnavailable('jti table', store.countUses(jtis)), registry, now);
    const refusalOf: InspectedTask['refusalOf'] = (action, quarantineId = '') => {
      const possible = findPossible(task, action, quarantineId, now, registry);
      return isRefusal(possible) ? possible : undefined;
    };
    return { view, refusalOf };
  };

  const read: OperatorTasks['read'] = async (taskId) => {
    const inspected = await inspect(taskId);
    return isRefusal(inspected) ? inspected : inspected.view;
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
    const change = decide(task, request, acting, now, options);
    if (isRefusal(change)) return change;
    const before = revisionOf(task);
    const after = change === 'nothing' || change.keepsRevision === true ? before : before + 1;
    const entry = auditEntryOf(acting, { now: () => now }, 'done', {
      application: applicationOf(task),
      revision: { before, after },
    });
    if (change === 'nothing') {
      await orUnavailable('audit table', audit.append(entry));
      return { isChanged: false, logFields };
    }
    const written = await orUnavailable('tables', store.change(task.taskId, change, entry));
    if (written === 'noInput') return refuse('not_dispatched', 'its input was deleted');
    return written === 'done' ? { isChanged: true, logFields } : undefined;
  };

  return {
    read,
    inspect,
    act: async (request, acting) => {
      const done = await retryRaces(() => attempt(request, acting), retries);
      if (isRefusal(done)) return done;
      const view = await read(request.taskId);
      return isRefusal(view) ? view : { ...done, view };
    },
  };
};

/** The change of an action. */
interface ActionChange extends TaskActionUpdate {
  /** True if the revision of the task stays. */
  readonly keepsRevision?: true;
}

/** Returns the change of an action, or its refusal. `nothing`: the action was done before, so no update is needed. */
const decide = (
  task: ActionableTask,
  { action, quarantineId, revision }: TaskActionRequest,
  { operator, reason }: Acting,
  now: number,
  { layout, randomId, registry }: Pick<OperatorTasksOptions, 'layout' | 'randomId' | 'registry'>,
): ActionChange | 'nothing' | Refusal => {
  const current = revisionOf(task);
  if (revision !== current) return refuse('task_changed', `revision ${current}`, { revision: current });
  const possible = findPossible(task, action, quarantineId, now, registry);
  if (isRefusal(possible)) return possible;
  const actor = { operator, reason };
  switch (possible.action) {
    case 'cancel': {
      const journal = journalAppend(task, { at: new Date(now).toISOString(), kind: 'cancelled', ...actor });
      return { update: onlyIf(cancelUpdate(layout, now, journal), hasRevision(task)) };
    }
    case 'revoke':
      return Object.keys(task.callbacks).length === 0 ? 'nothing' : { update: revokeUpdate(task, now, actor) };
    case 'reopen': {
      const { payloadKey } = task;
      const entry = { id: randomId(), ...possible.delivery, ...(payloadKey !== undefined && { payloadKey }) };
      return { update: reopenUpdate(task, entry, now, actor) };
    }
    case 'accept':
      return { update: acceptUpdate(layout, task, possible.quarantined, now, actor) };
    case 'discard':
      return { update: discardUpdate(task, possible.quarantined, now, actor) };
    case 'dispatch':
      return sendAgainChange(task, possible, randomId, now, actor);
  }
};

/** An action that is possible in the state of a task, with what it needs of the task. */
type PossibleAction =
  | { readonly action: 'cancel' | 'revoke' }
  | { readonly action: 'reopen'; readonly delivery: Delivery }
  | ({ readonly action: 'dispatch' } & PossibleSending)
  | { readonly action: 'accept' | 'discard'; readonly quarantined: Quarantined };

/** Decides whether an action is possible in the state of a task: for the action itself, and for the page that offers it. */
const findPossible = (
  task: ActionableTask,
  action: TaskAction,
  quarantineId: string,
  now: number,
  registry: Registry,
): PossibleAction | Refusal => {
  const status = statusAt(task, inSeconds(now));
  switch (action) {
    case 'cancel':
    case 'revoke':
      return status === 'pending' ? { action } : closed(status);
    case 'reopen': {
      const delivery = findDelivery(task);
      if (status === 'pending') return PENDING;
      if (delivery === undefined) return closed(status);
      const told = refuseToldWorkflow(task);
      if (told !== undefined) return told;
      const { length: times } = task.reopenings ?? [];
      return times >= REOPEN_LIMIT ? refuse('reopen_limit', `reopened ${times} times`) : { action, delivery };
    }
    case 'dispatch': {
      const possible = findSending(task, registry, now);
      return isRefusal(possible) ? possible : { action, ...possible };
    }
    case 'accept':
    case 'discard': {
      const quarantined = quarantineOf(task, now).find(({ entry }) => entry.id === quarantineId);
      if (quarantined === undefined) return UNKNOWN_ENTRY;
      if (action === 'discard') return { action, quarantined };
      return refuseAcceptance(task, status) ?? { action, quarantined };
    }
  }
};

/**
 * Returns why a delivery in quarantine of a task cannot be accepted.
 * @param status the status of the task now
 */
export const refuseAcceptance = (
  task: Parameters<typeof hasFailedByDispatch>[0],
  status: TaskStatus,
): Refusal | undefined => {
  if (status === 'pending') return PENDING;
  return status === 'expired' || hasFailedByDispatch(task) ? undefined : closed(status);
};

const PENDING = refuse('task_pending', 'the task is pending');
const UNKNOWN_ENTRY = refuse('quarantine_unknown', 'no such delivery in quarantine');
const closed = (status: TaskStatus): Refusal => refuse('task_closed', `the task is ${status}`);

const CLOSED_BY: Readonly<Partial<Record<TaskStatus, ClosingCapability>>> = { succeeded: 'result', failed: 'failure' };

type Delivery = Pick<ReopenedEntry, 'capability' | keyof Payload>;

/** Returns the delivery that closed a task, or undefined if no delivery closed it. */
const findDelivery = (task: OperatorTaskRecord): Delivery | undefined => {
  const capability = CLOSED_BY[task.status];
  const payload = capability && task[capability];
  return capability === undefined || payload === undefined ? undefined : { capability, ...payload };
};
