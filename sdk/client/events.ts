import {
  DETAIL_TYPES,
  type DetailType,
  EVENT_SOURCE,
  type EventDetail,
  OPERATOR_ACTED,
  type OperatorEventDetail,
  type PayloadReference,
  type TaskDetailType,
} from '../../lambda/contract/events.ts';
import { REMEMBERED_EVENTS } from '../../lambda/contract/sdk-limits.ts';
import type { TaskStatus } from '../../lambda/contract/task.ts';
import { PosternError } from './postern-error.ts';

type ClosedStatus = Exclude<TaskStatus, 'pending'>;

/** Members that one event of a task has beside those that every event has, and its statuses. */
interface OwnMembers {
  'Task Opened': { readonly status: 'pending' };
  'Task Progressed': { readonly status: 'pending' } & Pick<Required<EventDetail>, 'progress'>;
  'Task Succeeded': { readonly status: 'succeeded'; readonly result: PayloadReference };
  /** Without `failure` if the work could not be sent to the processor: `dispatch` says why. */
  'Task Failed': { readonly status: 'failed' };
  'Task Expired': { readonly status: 'expired' };
  'Task Cancelled': { readonly status: 'cancelled' };
  'Task Quarantined': unknown;
  'Task Reopened': { readonly status: 'pending' };
  'Callbacks Revoked': { readonly status: 'pending' };
  'Workflow Resumed': { readonly status: ClosedStatus } & Pick<Required<EventDetail>, 'resume'>;
  'Resume Refused': { readonly status: ClosedStatus } & Pick<Required<EventDetail>, 'resume'>;
  'Task Dispatched': Pick<Required<EventDetail>, 'dispatch'>;
  'Dispatch Failed': { readonly status: 'pending' | 'failed' } & Pick<Required<EventDetail>, 'dispatch'>;
  'Replay Detected': Pick<Required<EventDetail>, 'replay'>;
}

/** `detail` of an event by its detail type. */
export type DetailOf<D extends DetailType> = D extends TaskDetailType
  ? EventDetail & OwnMembers[D]
  : OperatorEventDetail;

/** An event as a target of an EventBridge rule gets it. */
interface EventOf<D extends DetailType> {
  readonly version: string;
  /** Given by EventBridge: a second delivery of the same change has another one. */
  readonly id: string;
  readonly 'detail-type': D;
  readonly source: typeof EVENT_SOURCE;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: DetailOf<D>;
}

/** An event of a task. */
export type TaskEvent = { [D in TaskDetailType]: EventOf<D> }[TaskDetailType];

/** Every event of Postern, a union by `detail-type`. */
export type PosternEvent = TaskEvent | EventOf<typeof OPERATOR_ACTED>;

const KNOWN: ReadonlySet<unknown> = new Set([...Object.values(DETAIL_TYPES), OPERATOR_ACTED].filter(Boolean));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Checks that a value is an event of Postern, and gives it its type. A text is read as JSON, as in the body of an SQS message.
 * @throws {PosternError} `answer_invalid` for another value, or a detail type that this version does not know
 */
export const parseEvent = (event: unknown): PosternEvent => {
  const value = typeof event === 'string' ? parseJson(event) : event;
  if (!isObject(value)) throw invalid('it is no JSON object. Pass the event as the target of the rule gets it.');
  const { detail, 'detail-type': type, source } = value;
  if (source !== EVENT_SOURCE) {
    throw invalid(`its source is ${shown(source)}; expected "${EVENT_SOURCE}". Let the rule match this source.`);
  }
  if (!KNOWN.has(type)) {
    throw invalid(
      `its detail type ${shown(type)} is not known to this version. Install a later one, or ignore the event.`,
    );
  }
  const isTask = type !== OPERATOR_ACTED;
  const isComplete = isObject(detail) && typeof detail.id === 'string' && (!isTask || isOfTask(detail));
  if (!isComplete)
    throw invalid(`the detail of ${shown(type)} is not complete. Do not transform the event in the rule.`);
  return value as unknown as PosternEvent;
};

const isOfTask = ({ sequence, taskId }: Readonly<Record<string, unknown>>): boolean =>
  typeof taskId === 'string' && typeof sequence === 'number';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 64);

const invalid = (reason: string): PosternError =>
  new PosternError({ code: 'answer_invalid', message: `This is no event of Postern: ${reason}`, retryable: false });

/**
 * True if event `a` is of a later change than event `b` of the same task. EventBridge keeps no order. False if one of them is
 * `Operator Acted`: it tells of an action, has no `sequence`, and is neither newer nor older than a change.
 * @throws {TypeError} for events of two tasks, which have no order
 */
export const isNewer = ({ detail: a }: PosternEvent, { detail: b }: PosternEvent): boolean => {
  if (!('sequence' in a && 'sequence' in b)) return false;
  if (a.taskId === b.taskId) return a.sequence > b.sequence;
  throw new TypeError(`The events are of tasks ${a.taskId} and ${b.taskId}; expected two events of one task.`);
};

/**
 * Returns a function that is true for the first delivery of an event and false for a repeat, by `detail.id`.
 * @param remembered number of ids that it remembers, in this process only. The oldest is forgotten first
 */
export const deduplicate = (remembered: number = REMEMBERED_EVENTS): ((event: PosternEvent) => boolean) => {
  const seen = new Set<string>();
  return ({ detail: { id } }) => {
    if (seen.has(id)) return false;
    seen.add(id);
    const [oldest] = seen;
    if (oldest !== undefined && seen.size > remembered) seen.delete(oldest);
    return true;
  };
};
