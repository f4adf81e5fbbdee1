import { applicationOf } from '../../contract/applications.ts';
import type { ResumeView, StoredResume } from '../../contract/resume.ts';
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
import type { VIEW_ATTRIBUTES } from '../../contract/view-attributes.ts';
import { showDispatch } from './dispatch-view.ts';

export type TaskRecord = Pick<TaskItem, (typeof VIEW_ATTRIBUTES)[number]>;

/**
 * Returns a task as the sender API shows it. An overdue task is shown as expired, even before `expire` has written that.
 * @param now seconds since 1970
 */
export const showTask = (task: TaskRecord, now: number): TaskView => {
  const { taskId, status, processor, resource, owner, createdAt, expiresAt, heartbeat, closedAt, history } = task;
  const dispatch = showDispatch(task, now);
  return {
    taskId,
    application: applicationOf(task),
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
    ...(task.resume && { resume: showResume(task.resume) }),
    ...(dispatch && { dispatch }),
    history: showHistory(history),
    ...(isOverdue(task, now) && showExpiry(task)),
  };
};

/** Returns the time at which a task expires. */
export const expiryOf = (task: Pick<TaskItem, 'deadline' | 'heartbeatDeadline'>): string =>
  new Date(effectiveDeadline(task) * 1000).toISOString();

/** Returns the resumption of a workflow, without the ARN and the marks of its delivery. */
export const showResume = ({ at, kind, reason, state }: StoredResume): ResumeView => ({
  kind,
  state,
  ...(at !== undefined && { at }),
  ...(reason !== undefined && { reason }),
});

/** Returns a delivery in quarantine as the sender API shows it. */
export const showQuarantined = (entry: ReopenedEntry, why: QuarantineReason): QuarantinedView => {
  const { capability, contentType, id, receivedAt, sha256, size } = entry;
  return { id, capability, receivedAt, contentType, size, sha256, why };
};

const showHistory = (history: TaskRecord['history']): TaskView['history'] =>
  history.map(({ at, status }) => ({ at, status }));

const showExpiry = (task: TaskRecord): Pick<TaskView, 'status' | 'closedAt' | 'history'> => {
  const closedAt = expiryOf(task);
  return { status: 'expired', closedAt, history: [...showHistory(task.history), { at: closedAt, status: 'expired' }] };
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
