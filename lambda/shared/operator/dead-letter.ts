import { TASK_ID_PATTERN } from '../../contract/claims.ts';
import type { DispatchMessage } from '../../contract/dispatch.ts';
import { type OutcomeMessage, RESUME_REASONS } from '../../contract/resume.ts';
import { OBJECT_PREFIXES } from '../../contract/tables.ts';

/** A dead letter, as its queue returns it. */
export interface ReceivedLetter {
  /** Id of the message. */
  readonly id: string;
  /** RFC 3339: time at which it came into the queue. */
  readonly at: string;
  readonly body: string;
  /** Error of the service that sent it, if that service states the error beside the body. */
  readonly errorCode?: string;
  /** Handle of this receive. */
  readonly receipt: string;
}

/** The work that a dead letter stands for. */
export type LetterWork =
  /** One change of a task that `publish` gave up. */
  | {
      readonly kind: 'change';
      readonly sequenceNumber: string;
      readonly streamArn?: string;
      readonly taskId?: string;
      readonly sequence?: number;
    }
  /** Records that an event source mapping of the tasks' stream gave up. */
  | {
      readonly kind: 'batch';
      readonly streamArn: string;
      readonly shardId: string;
      readonly firstSequenceNumber: string;
      readonly lastSequenceNumber: string;
    }
  /** The outcome of a task that `resume` gave up, or that was received too often. */
  | { readonly kind: 'outcome'; readonly outcome: OutcomeMessage }
  /** A task that `dispatch` could not look at. */
  | { readonly kind: 'dispatch'; readonly message: DispatchMessage }
  /** An event for the function of the queue. */
  | { readonly kind: 'event'; readonly event: unknown };

/** The content of a dead letter. */
export interface DeadLetter {
  readonly taskId?: string;
  /** Error with which the work failed: a code or the name of an error, never content. */
  readonly reason: string;
  /** Absent if the letter does not have a known form. */
  readonly work?: LetterWork;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a dead letter. It has one of six forms:
 *
 * - the letter that `publish` writes about a change that can never be published
 * - the outcome of a task that a workflow was not told, as it was in its queue
 * - the message about a task that is to be sent to its processor, as it was in its queue
 * - the position of records that the stream's event source mapping gave up
 *   (https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html)
 * - the record of a failed asynchronous call, with the event
 *   (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html)
 * - the event itself, which a rule or schedule could not deliver, with the error beside it
 *   (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html)
 */
export const readLetter = ({ body, errorCode }: Pick<ReceivedLetter, 'body' | 'errorCode'>): DeadLetter => {
  const value = parse(body);
  if (value === undefined) return { reason: UNREADABLE };
  const { DDBStreamBatchInfo: position, requestContext, requestPayload } = value;
  if (isObject(position)) return readPosition(position, reasonOf(value));
  if (isObject(requestContext) && requestPayload !== undefined) return readEvent(requestPayload, reasonOf(value));
  if (typeof value.sequenceNumber === 'string') return readChange(value, value.sequenceNumber);
  const { sequence, taskId } = value;
  if (isTaskId(taskId) && Number.isSafeInteger(sequence)) return readOutcome({ taskId, sequence: sequence as number });
  const message = readMessage(value);
  if (message !== undefined)
    return { taskId: message.taskId, reason: RECEIVED_TOO_OFTEN, work: { kind: 'dispatch', message } };
  return readEvent(value, shorten(errorCode) ?? 'NotDelivered');
};

/** Reason of a message that SQS itself moved to the dead letters. */
const RECEIVED_TOO_OFTEN = 'ReceivedTooOften';
/** Reason of a letter that does not have a known form. */
const UNREADABLE = 'Unreadable';
/** Longest reason. Codes and names of errors are shorter. */
const MAX_REASON_CHARS = 100;

const readPosition = (position: Members, reason: string): DeadLetter => {
  const { endSequenceNumber: lastSequenceNumber, shardId, startSequenceNumber: firstSequenceNumber } = position;
  const { streamArn } = position;
  const isComplete = isText(streamArn) && isText(shardId) && isText(firstSequenceNumber) && isText(lastSequenceNumber);
  if (!isComplete) return { reason: UNREADABLE };
  return { reason, work: { kind: 'batch', streamArn, shardId, firstSequenceNumber, lastSequenceNumber } };
};

const readChange = ({ reason, sequence, streamArn, taskId }: Members, sequenceNumber: string): DeadLetter => ({
  ...(isTaskId(taskId) && { taskId }),
  reason: shorten(reason) ?? UNREADABLE,
  work: {
    kind: 'change',
    sequenceNumber,
    ...(isText(streamArn) && { streamArn }),
    ...(isTaskId(taskId) && { taskId }),
    ...(Number.isSafeInteger(sequence) && { sequence: sequence as number }),
  },
});

const readOutcome = (outcome: OutcomeMessage): DeadLetter => ({
  taskId: outcome.taskId,
  reason: RESUME_REASONS.gaveUp,
  work: { kind: 'outcome', outcome },
});

const readMessage = ({ attempt, issue, taskId }: Members): DispatchMessage | undefined =>
  isTaskId(taskId) && Number.isSafeInteger(issue) && Number.isSafeInteger(attempt)
    ? { taskId, issue: issue as number, attempt: attempt as number }
    : undefined;

const readEvent = (event: unknown, reason: string): DeadLetter => {
  const taskId = taskOfUpload(event);
  return { ...(taskId !== undefined && { taskId }), reason, work: { kind: 'event', event } };
};

/** Returns the condition under which Lambda gave up, and the type of the function's error if it has one. */
const reasonOf = ({ requestContext, responsePayload }: Members): string => {
  const condition = shorten(isObject(requestContext) ? requestContext.condition : undefined) ?? 'Failed';
  const error = shorten(isObject(responsePayload) ? responsePayload.errorType : undefined);
  return error === undefined ? condition : `${condition}: ${error}`;
};

/** Returns the task of the event "Object Created" of an upload. */
const taskOfUpload = (event: unknown): string | undefined => {
  const { detail } = isObject(event) ? event : {};
  const { object } = isObject(detail) ? detail : {};
  const { key } = isObject(object) ? object : {};
  if (!isText(key) || !key.startsWith(OBJECT_PREFIXES.upload)) return undefined;
  const taskId = key.slice(OBJECT_PREFIXES.upload.length).split('/')[0];
  return isTaskId(taskId) ? taskId : undefined;
};

const parse = (body: string): Members | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isTaskId = (value: unknown): value is string => typeof value === 'string' && TASK_ID_PATTERN.test(value);

const shorten = (value: unknown): string | undefined => (isText(value) ? value.slice(0, MAX_REASON_CHARS) : undefined);
