import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { applicationOf } from '../../contract/applications.ts';
import type { ClosingCapability } from '../../contract/capabilities.ts';
import type { EventDetail, PayloadReference, TaskDetailType } from '../../contract/events.ts';
import { DETAIL_TYPES, eventId } from '../../contract/events.ts';
import { inSeconds, statusAt, TASK_CHANGES, TASK_STATUSES, type TaskItem } from '../../contract/task.ts';
import { completeTask } from '../../shared/tables/complete-task.ts';
import { withoutBytes } from '../../shared/tables/kept-bytes.ts';
import { showResume } from '../../shared/tables/task-view.ts';

/** An event of a task for EventBridge. */
export interface TaskEvent {
  readonly detailType: TaskDetailType;
  /** RFC 3339: time of the change. */
  readonly time: string;
  readonly detail: EventDetail;
}

/**
 * Returns the events of the last change of a task, in their order: none for a change that is not published, and two for a task
 * that failed because its work could not be sent. That change raises `sequence` by two.
 * @param image the item in the stream record
 * @throws {TypeError} if the item is not a valid task
 */
export const toTaskEvents = (image: Readonly<Record<string, AttributeValue>>, origin: string): readonly TaskEvent[] => {
  const task: unknown = completeTask(unmarshall(withoutBytes(image)), ['heartbeatDeadline']);
  assertTask(task);
  const detailType = DETAIL_TYPES[task.change];
  if (detailType === null) return [];
  const last = eventOf(task, detailType, origin);
  if (!hasFailedByDispatch(task)) return [last];
  const failed = eventOf({ ...task, change: 'failed' }, DETAIL_TYPES.failed, origin);
  return [eventOf({ ...task, sequence: task.sequence - 1 }, detailType, origin), failed];
};

const hasFailedByDispatch = ({ change, status }: TaskItem): boolean =>
  change === 'dispatchFailed' && status === 'failed';

const eventOf = (task: TaskItem, detailType: TaskDetailType, origin: string): TaskEvent => ({
  detailType,
  time: task.changedAt,
  detail: detailOf(task, origin),
});

const detailOf = (task: TaskItem, origin: string): EventDetail => {
  const { taskId, sequence, processor, resource, owner, metadata, createdAt, expiresAt, changedAt } = task;
  return {
    id: eventId(taskId, sequence),
    sequence,
    taskId,
    application: applicationOf(task),
    processor,
    resource,
    ...(owner !== undefined && { owner }),
    ...(metadata !== undefined && { metadata: JSON.parse(metadata) }),
    status: statusAt(task, inSeconds(Date.parse(task.changedAt))),
    createdAt,
    expiresAt,
    at: changedAt,
    ...referenceTo(task, 'result', origin),
    ...referenceTo(task, 'failure', origin),
    ...(task.change === 'progressed' && task.progress && { progress: task.progress }),
    ...((task.change === 'resumed' || task.change === 'resumeRefused') &&
      task.resume && { resume: showResume(task.resume) }),
    ...dispatchOf(task),
    ...(task.change === 'replayed' && task.lastReplay && { replay: replayOf(task, task.lastReplay) }),
  };
};

/** The member of an event about a dispatch, and of one about a task that failed by its dispatch. */
const dispatchOf = ({ change, dispatch, failure }: TaskItem): Pick<EventDetail, 'dispatch'> => {
  const isAboutDispatch =
    change === 'dispatched' || change === 'dispatchFailed' || (change === 'failed' && failure === undefined);
  if (dispatch === undefined || !isAboutDispatch) return {};
  const { attempts, lastStatus, reason, remoteId } = dispatch;
  const isAccepted = change === 'dispatched';
  return {
    dispatch: {
      attempts,
      ...(isAccepted && remoteId !== undefined && { remoteId }),
      ...(reason !== undefined && { reason }),
      ...(!isAccepted && lastStatus !== undefined && { lastStatus }),
    },
  };
};

/** The event has the second delivery. Operators see both. */
const replayOf = (
  { replays = 1 }: TaskItem,
  { from, sha256 }: NonNullable<TaskItem['lastReplay']>,
): EventDetail['replay'] & object => ({ count: replays, from, sha256 });

const referenceTo = (
  task: TaskItem,
  capability: ClosingCapability,
  origin: string,
): Partial<Record<ClosingCapability, PayloadReference>> => {
  const payload = task[capability];
  if (payload === undefined) return {};
  const { contentType, sha256, size } = payload;
  const location = `${origin}/v1/tasks/${task.taskId}/${capability}`;
  return { [capability]: { contentType, size, sha256, location } };
};

const TEXTS = ['taskId', 'processor', 'resource', 'createdAt', 'expiresAt', 'changedAt'] as const;

function assertTask(value: unknown): asserts value is TaskItem {
  const task = value as Partial<Record<string, unknown>>;
  const wellFormed =
    TEXTS.every((name) => typeof task[name] === 'string') &&
    !Number.isNaN(Date.parse(task.changedAt as string)) &&
    Number.isSafeInteger(task.sequence) &&
    (TASK_CHANGES as readonly unknown[]).includes(task.change) &&
    (TASK_STATUSES as readonly unknown[]).includes(task.status);
  if (!wellFormed) throw new TypeError('Not a task.');
}
