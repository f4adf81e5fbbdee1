import { JSON_MEDIA_TYPE, mediaTypeOf, type Processor } from '../../contract/registry.ts';
import { PROCESSOR_ERROR_CODE, PROCESSOR_ERROR_PREFIX, WORKFLOW_ERRORS } from '../../contract/resume.ts';
import { OBJECT_PREFIXES } from '../../contract/tables.ts';
import type { Payload } from '../../contract/task.ts';
import { WORKFLOW_OUTPUT } from '../../contract/workflow-limits.ts';
import { decodeUtf8, hasRepeatedMember } from '../../shared/json.ts';
import type { ClosedTask } from './resume-store.ts';

/** The outcome that a workflow gets. */
export type WorkflowOutcome =
  | {
      readonly kind: 'success';
      /** JSON: the result with its envelope, or a reference to it. */
      readonly output: string;
      /** The output with a reference, if `output` has the result itself. */
      readonly reference?: string;
    }
  | { readonly kind: 'failure'; readonly error: string; readonly message: string /** JSON. */; readonly cause: string };

/** Sentences for people. `error` is for programs. */
const MESSAGES = {
  failed: 'The processor reported a failure.',
  expired: 'The task expired without a result.',
  cancelled: 'The task was cancelled.',
  dispatchFailed: 'The work could not be sent to the processor.',
} as const;

/**
 * True if the bytes of the task's payload are needed for its outcome: a result that the output may contain, or a failure that may
 * have a code. A result by upload is not read: its JSON was not checked.
 * @param processor the task's processor; undefined if the environment has it no longer
 */
export const needsBytes = (
  task: ClosedTask,
  processor: Pick<Processor, 'checkJson' | 'schema'> | undefined,
): boolean => {
  const payload = task.status === 'succeeded' ? task.result : task.failure;
  if (payload === undefined || payload.size === 0 || processor === undefined) return false;
  // A schema checks results, and a result that is not JSON does not satisfy it.
  if (!processor.checkJson && !(task.status === 'succeeded' && processor.schema)) return false;
  if (!JSON_MEDIA_TYPE.test(mediaTypeOf(payload.contentType))) return false;
  if (task.status === 'failed') return true;
  return task.payloadKey?.startsWith(OBJECT_PREFIXES.upload) !== true && fits(envelopeOf(task, payload), payload.size);
};

/**
 * Returns the outcome that the workflow of a closed task gets.
 * @param bytes the payload; undefined if `needsBytes` is false or the payload does not exist any more
 * @param origin of the gateway, for the location of the payload
 */
export const outcomeOf = (task: ClosedTask, bytes: Uint8Array | undefined, origin: string): WorkflowOutcome => {
  const { failure, result, status, taskId } = task;
  if (status === 'succeeded') {
    if (result === undefined) throw new TypeError('A task that succeeded has no result.');
    return success(task, result, bytes, `${origin}/v1/tasks/${taskId}/result`);
  }
  if (status === 'failed') {
    if (failure === undefined) return notDispatched(task);
    return failed(task, failure, bytes, `${origin}/v1/tasks/${taskId}/failure`);
  }
  return {
    kind: 'failure',
    error: WORKFLOW_ERRORS[status],
    message: MESSAGES[status],
    cause: JSON.stringify({ taskId, status }),
  };
};

/** A task that failed without a failure of the processor: its work could not be sent. */
const notDispatched = ({ dispatch, status, taskId }: ClosedTask): WorkflowOutcome => {
  if (dispatch === undefined) throw new TypeError('A task that failed has no failure.');
  const { attempts, lastStatus, reason, state } = dispatch;
  // An answer that came after the failure has accepted the work. Then there is no reason any more.
  const shown = { ...(state === 'failed' && { reason }), attempts, ...(lastStatus !== undefined && { lastStatus }) };
  return {
    kind: 'failure',
    error: WORKFLOW_ERRORS.dispatchFailed,
    message: MESSAGES.dispatchFailed,
    cause: JSON.stringify({ taskId, status, dispatch: shown }),
  };
};

const success = (
  task: ClosedTask,
  result: Payload,
  bytes: Uint8Array | undefined,
  location: string,
): WorkflowOutcome => {
  const reference = JSON.stringify(referenceTo(task, result, location));
  const text = bytes && jsonTextOf(bytes);
  const envelope = envelopeOf(task, result);
  if (text === undefined || !fits(envelope, (bytes as Uint8Array).length))
    return { kind: 'success', output: reference };
  return { kind: 'success', output: withMember(envelope, 'result', text), reference };
};

const failed = (
  task: ClosedTask,
  failure: Payload,
  bytes: Uint8Array | undefined,
  location: string,
): WorkflowOutcome => {
  const reference = JSON.stringify(referenceTo(task, failure, location));
  const text = bytes && jsonTextOf(bytes);
  const whole = text === undefined ? reference : withMember(reference, 'failure', text);
  const code = text === undefined ? undefined : codeOf(text);
  return {
    kind: 'failure',
    error: code === undefined ? WORKFLOW_ERRORS.failed : `${PROCESSOR_ERROR_PREFIX}${code}`,
    message: MESSAGES.failed,
    cause: whole.length <= WORKFLOW_OUTPUT.causeChars ? whole : reference,
  };
};

/** The output without its result. */
const envelopeOf = ({ status, taskId }: ClosedTask, { contentType }: Payload): string =>
  JSON.stringify({ taskId, status, contentType });

const referenceTo = ({ status, taskId }: ClosedTask, { contentType, sha256, size }: Payload, location: string) => ({
  taskId,
  status,
  contentType,
  size,
  sha256,
  location,
});

const RESULT_MEMBER = ',"result":';

const fits = (envelope: string, size: number): boolean =>
  Buffer.byteLength(envelope) + RESULT_MEMBER.length + size <= WORKFLOW_OUTPUT.bytes;

/** Adds a member to a JSON object. The text of its value stays as it came. */
const withMember = (object: string, name: 'result' | 'failure', text: string): string =>
  `${object.slice(0, -1)},"${name}":${text}}`;

/**
 * Returns the text of a payload that is one JSON value in UTF-8. The receiver has checked it, unless the processor's entry was
 * another one then: text that is not one value could add members to the output.
 */
const jsonTextOf = (bytes: Uint8Array): string | undefined => {
  try {
    const text = decodeUtf8(bytes);
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
};

/**
 * Returns the code of a failure: its own top-level member `code`. A failure in which an object has a member twice has no code,
 * because readers differ in which of the two they take (RFC 8259 §4).
 */
const codeOf = (text: string): string | undefined => {
  const failure: unknown = JSON.parse(text);
  if (typeof failure !== 'object' || failure === null || Array.isArray(failure)) return undefined;
  if (!Object.hasOwn(failure, 'code') || hasRepeatedMember(text)) return undefined;
  const { code } = failure as { readonly code: unknown };
  return typeof code === 'string' && PROCESSOR_ERROR_CODE.test(code) ? code : undefined;
};
