import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Capability } from '../contract/capabilities.ts';
import type { DetailType, EventDetail, PayloadReference } from '../contract/events.ts';
import { DETAIL_TYPES, eventId } from '../contract/events.ts';
import { TASK_CHANGES, TASK_STATUSES, type TaskItem } from '../contract/task.ts';

/** An event, ready for the bus. */
export interface TaskEvent {
  readonly detailType: DetailType;
  /** RFC 3339: when the change happened. */
  readonly time: string;
  readonly detail: EventDetail;
}

/**
 * The event that a written task stands for: what the item itself says changed last.
 * @param image the item as the stream carries it
 * @throws {TypeError} when it is not a task as Postern writes it
 */
export const toTaskEvent = (image: Readonly<Record<string, AttributeValue>>, origin: string): TaskEvent => {
  // Up to 256 KB that no event ever holds.
  const { payload: _, ...attributes } = image;
  const task: unknown = unmarshall(attributes);
  assertTask(task);
  return { detailType: DETAIL_TYPES[task.change], time: task.changedAt, detail: detailOf(task, origin) };
};

const detailOf = (task: TaskItem, origin: string): EventDetail => {
  const { taskId, sequence, processor, resource, owner, metadata, status, createdAt, expiresAt, changedAt } = task;
  return {
    id: eventId(taskId, sequence),
    sequence,
    taskId,
    processor,
    resource,
    ...(owner !== undefined && { owner }),
    ...(metadata !== undefined && { metadata: JSON.parse(metadata) }),
    status,
    createdAt,
    expiresAt,
    at: changedAt,
    ...referenceTo(task, 'result', origin),
    ...referenceTo(task, 'failure', origin),
    ...(task.change === 'replayed' && task.lastReplay && { replay: { count: task.replays ?? 1, ...task.lastReplay } }),
  };
};

const referenceTo = (
  task: TaskItem,
  capability: Capability,
  origin: string,
): Partial<Record<Capability, PayloadReference>> => {
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
