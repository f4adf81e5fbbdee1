import { BY_CREATION_INDEX, TASKS_TABLE } from '../../contract/tables.ts';
import type {
  Payload,
  Progress,
  QuarantinedView,
  QuarantineReason,
  ReopenedEntry,
  TaskItem,
  TaskView,
} from '../../contract/task.ts';
import { effectiveDeadline, isOverdue } from '../../contract/task.ts';

/** What is read of a task to show it. */
export const VIEW_ATTRIBUTES = [
  TASKS_TABLE.partitionKey,
  ...BY_CREATION_INDEX.projected,
] as const satisfies readonly (keyof TaskItem)[];

export type TaskRecord = Pick<TaskItem, (typeof VIEW_ATTRIBUTES)[number]>;

/**
 * A task as the sender API shows it. One that is pending past its time is shown as expired at once, whether or not
 * anything has written that down yet.
 * @param now seconds since 1970
 */
export const showTask = (task: TaskRecord, now: number): TaskView => {
  const { taskId, status, processor, resource, owner, createdAt, expiresAt, heartbeat, closedAt, history } = task;
  return {
    taskId,
    status,
    processor,
    resource,
    ...(owner !== undefined && { owner }),
    ...(task.metadata !== undefined && { metadata: JSON.parse(task.metadata) }),
    createdAt,
    expiresAt,
    ...(heartbeat !== undefined && { heartbeat }),
    ...(closedAt !== undefined && { closedAt }),
    ...(task.result && { result: showPayload(task.result) }),
    ...(task.failure && { failure: showPayload(task.failure) }),
    ...(task.progress && { progress: showProgress(task.progress) }),
    history: history.map((entry) => ({ at: entry.at, status: entry.status })),
    ...(isOverdue(task, now) && showExpiry(task)),
  };
};

/** When a task expired, or will. */
export const expiryOf = (task: Pick<TaskItem, 'deadline' | 'heartbeatDeadline'>): string =>
  new Date(effectiveDeadline(task) * 1000).toISOString();

/** A delivery in quarantine as the sender API shows it. */
export const showQuarantined = (entry: ReopenedEntry, why: QuarantineReason): QuarantinedView => {
  const { capability, contentType, id, receivedAt, sha256, size } = entry;
  return { id, capability, receivedAt, contentType, size, sha256, why };
};

const showExpiry = (task: TaskRecord): Pick<TaskView, 'status' | 'closedAt' | 'history'> => {
  const closedAt = expiryOf(task);
  return { status: 'expired', closedAt, history: [...task.history, { at: closedAt, status: 'expired' }] };
};

const showPayload = ({ contentType, size, sha256, receivedAt }: Payload): Payload => ({
  contentType,
  size,
  sha256,
  receivedAt,
});

const showProgress = ({ at, note, percent }: Progress): Progress => ({
  ...(percent !== undefined && { percent }),
  ...(note !== undefined && { note }),
  at,
});
