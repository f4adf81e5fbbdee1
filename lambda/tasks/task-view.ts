import { effectiveDeadline, isOverdue, type Payload, type TaskItem, type TaskView } from '../contract/task.ts';

/** A task without the bytes of its delivery. */
export type TaskRecord = Omit<TaskItem, 'payload'>;

/**
 * A task as the sender API shows it. One that is pending past its deadline is shown as expired at once, whether or not
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
    history: history.map((entry) => ({ at: entry.at, status: entry.status })),
    ...(isOverdue(task, now) && showExpiry(task)),
  };
};

const showExpiry = (task: TaskRecord): Pick<TaskView, 'status' | 'closedAt' | 'history'> => {
  const closedAt = new Date(effectiveDeadline(task) * 1000).toISOString();
  return { status: 'expired', closedAt, history: [...task.history, { at: closedAt, status: 'expired' }] };
};

const showPayload = ({ contentType, size, sha256, receivedAt }: Payload): Payload => ({
  contentType,
  size,
  sha256,
  receivedAt,
});
