import * as v from 'valibot';
import { expandName } from '../../contract/abbreviations.ts';
import { CAPABILITY_NAMES } from '../../contract/capabilities.ts';
import { CARRIERS } from '../../contract/carriers.ts';
import { OWNER_PATTERN } from '../../contract/claims.ts';
import type { JsonValue } from '../../contract/dispatch.ts';
import { MAX_INPUT_BYTES } from '../../contract/dispatch-limits.ts';
import {
  EXPIRES_IN_SECONDS,
  HEARTBEAT_SECONDS,
  MAX_METADATA_BYTES,
  MAX_REASON_CHARS,
  MAX_RESOURCE_CHARS,
  SHORT_CODE_CHARS,
} from '../../contract/limits.ts';
import type { ProblemError } from '../../contract/problem.ts';
import { PROCESSOR_ID_PATTERN } from '../../contract/registry.ts';
import { CALLBACK_ID_PATTERN, RESUME_KINDS } from '../../contract/resume.ts';
import { MAX_CALLBACK_ID_CHARS, MAX_SUPERSEDES_CHARS, MAX_TASK_TOKEN_CHARS } from '../../contract/workflow-limits.ts';
import { jsonPointer } from '../../shared/http/json-body.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';

const text = (expectation: string, isValid: (value: string) => boolean) =>
  v.pipe(v.string(expectation), v.check(isValid, expectation));

const seconds = (min: number, max: number) => {
  const expectation = `must be a whole number of seconds from ${min} to ${max}`;
  return v.pipe(
    v.number(expectation),
    v.check((value) => Number.isInteger(value) && value >= min && value <= max, expectation),
  );
};

/** Repeats only a text that is shorter than a short code: a longer one may be a code or token in the wrong place. */
export const quoteShort = (value: unknown): string =>
  typeof value === 'string' && value.length < SHORT_CODE_CHARS ? JSON.stringify(value) : 'this';

const oneOf = <const T extends string>(options: readonly T[]) =>
  v.picklist(options, ({ input }) => `${quoteShort(input)} is not one of ${options.join(', ')}`);

const textOfLength = (max: number) =>
  text(`must be a text of 1 to ${max} characters`, (value) => {
    const characters = [...value].length;
    // A lone UTF-16 surrogate cannot be stored as UTF-8 (RFC 7493 §2.1).
    return characters >= 1 && characters <= max && value.isWellFormed();
  });

const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `JSON.stringify` writes only a lone surrogate as such an escape. */
const LONE_SURROGATE_ESCAPE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/** Refuses a number that is too large for a double, which `JSON.stringify` would write as `null`. */
const refuseInfinity = (_name: string, value: unknown): unknown => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('Not a finite number.');
  return value;
};

/** Returns the compact JSON of a value; `undefined` for a value that has none, and for one so deep that it ends the stack. */
const writeJson = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value, refuseInfinity);
  } catch {
    return undefined;
  }
};

/** True for a JSON value that is Unicode. As compact JSON in UTF-8 it has at most `maxBytes`. */
const isStorable = (value: unknown, maxBytes: number): boolean => {
  const json = writeJson(value);
  return json !== undefined && Buffer.byteLength(json) <= maxBytes && !LONE_SURROGATE_ESCAPE.test(json);
};

const WORKFLOW_ARN = text(
  'must be the ARN of a workflow: 1 to 512 characters',
  ({ length }) => length >= 1 && length <= 512,
);
/** Task tokens are ASCII. Others of 2,048 characters might not fit into one request to KMS. */
const TASK_TOKEN = text(
  `must be a task token of Step Functions: 1 to ${MAX_TASK_TOKEN_CHARS} ASCII characters without blanks`,
  (token) => token.length <= MAX_TASK_TOKEN_CHARS && /^[\x21-\x7e]+$/.test(token),
);
const CALLBACK_ID = text(
  `must be the id of a durable function's callback: 1 to ${MAX_CALLBACK_ID_CHARS} characters of base64`,
  (id) => id.length <= MAX_CALLBACK_ID_CHARS && CALLBACK_ID_PATTERN.test(id),
);

const ResumeForm = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('stepFunctions'), taskToken: TASK_TOKEN, arn: v.exactOptional(WORKFLOW_ARN) }),
    v.strictObject({ kind: v.literal('durableFunction'), callbackId: CALLBACK_ID, arn: v.exactOptional(WORKFLOW_ARN) }),
  ],
  ({ expected }) =>
    expected === 'Object'
      ? 'must be an object with the kind of the workflow and its token'
      : `must be one of ${RESUME_KINDS.join(', ')}`,
);

/** The workflow that waits for a task, as the sender names it. It has a credential of the workflow. */
export type ResumeRequest = v.InferOutput<typeof ResumeForm>;

const CALLBACKS_EXPECTATION = 'must be a non-empty set without repeats';
const INPUT_EXPECTATION = `must be JSON of Unicode characters and finite numbers, of at most ${MAX_INPUT_BYTES} bytes`;
/** Says how large an input is. Its text is never repeated. */
const explainInput = ({ input }: { readonly input: unknown }): string => {
  const bytes = Buffer.byteLength(writeJson(input) ?? '');
  return bytes > MAX_INPUT_BYTES
    ? `has ${bytes} bytes; expected at most ${MAX_INPUT_BYTES} bytes of JSON, counted without blanks. Store the document elsewhere, and send its URL.`
    : INPUT_EXPECTATION;
};
const METADATA_EXPECTATION = `must be a JSON object of at most ${MAX_METADATA_BYTES} bytes`;

/** Properties of the requests to create a task, to issue its callbacks again and to reopen it. */
const FIELDS = {
  processor: text('must be the id of a processor: 2 to 32 of a-z, 0-9 and -', (id) => PROCESSOR_ID_PATTERN.test(id)),
  resource: textOfLength(MAX_RESOURCE_CHARS),
  owner: text('must be 1 to 64 of A-Z, a-z, 0-9, ., _, :, @ and -', (owner) => OWNER_PATTERN.test(owner)),
  expiresIn: seconds(EXPIRES_IN_SECONDS.min, EXPIRES_IN_SECONDS.max),
  heartbeat: seconds(HEARTBEAT_SECONDS.min, EXPIRES_IN_SECONDS.max),
  callbacks: v.pipe(
    v.array(oneOf(CAPABILITY_NAMES), CALLBACKS_EXPECTATION),
    v.check((names) => names.length > 0 && new Set(names).size === names.length, CALLBACKS_EXPECTATION),
  ),
  carrier: oneOf(CARRIERS),
  reason: textOfLength(MAX_REASON_CHARS),
  metadata: v.custom<Record<string, unknown>>(
    (value) => isJsonObject(value) && isStorable(value, MAX_METADATA_BYTES),
    METADATA_EXPECTATION,
  ),
  resume: ResumeForm,
  supersedes: textOfLength(MAX_SUPERSEDES_CHARS),
  input: v.custom<JsonValue>((value) => isStorable(value, MAX_INPUT_BYTES), explainInput),
  dispatch: v.boolean('must be true or false'),
} as const;

const CreationRequestForm = v.object({
  processor: FIELDS.processor,
  resource: FIELDS.resource,
  owner: v.exactOptional(FIELDS.owner),
  expiresIn: FIELDS.expiresIn,
  heartbeat: v.exactOptional(FIELDS.heartbeat),
  callbacks: v.exactOptional(FIELDS.callbacks),
  carrier: v.exactOptional(FIELDS.carrier),
  metadata: v.exactOptional(FIELDS.metadata),
  resume: v.exactOptional(FIELDS.resume),
  supersedes: v.exactOptional(FIELDS.supersedes),
  input: v.exactOptional(FIELDS.input),
  dispatch: v.exactOptional(FIELDS.dispatch),
});

/** A sender's request to create a task. */
export type CreationRequest = v.InferOutput<typeof CreationRequestForm>;

/** Reads the body of `POST /v1/tasks`. */
export const readCreationRequest = (body: unknown, abbreviations = false): CreationRequest | Refusal => {
  const request = readForm(CreationRequestForm, body, abbreviations);
  if (isRefusal(request)) return request;
  return request.heartbeat !== undefined && request.heartbeat > request.expiresIn
    ? refuseRequest([{ pointer: '/heartbeat', detail: 'must not be longer than expiresIn' }])
    : request;
};

const PARAMETERS = {
  callbacks: v.exactOptional(FIELDS.callbacks),
  expiresIn: v.exactOptional(FIELDS.expiresIn),
  carrier: v.exactOptional(FIELDS.carrier),
};

const ReissueRequestForm = v.object(PARAMETERS);

/** A sender's request for new callbacks. A parameter that is absent keeps its current value. */
export type ReissueRequest = v.InferOutput<typeof ReissueRequestForm>;

/** Reads the body of `POST /v1/tasks/{taskId}/callbacks`. */
export const readReissueRequest = (body: unknown, abbreviations = false): ReissueRequest | Refusal =>
  readForm(ReissueRequestForm, body, abbreviations);

const ReopenRequestForm = v.object({
  reason: FIELDS.reason,
  ...PARAMETERS,
  input: v.exactOptional(FIELDS.input),
});

/** A sender's request to reopen a task. A parameter of the callbacks that is absent keeps its current value. */
export type ReopenRequest = v.InferOutput<typeof ReopenRequestForm>;

/** Reads the body of `POST /v1/tasks/{taskId}/reopen`. */
export const readReopenRequest = (body: unknown, abbreviations = false): ReopenRequest | Refusal =>
  readForm(ReopenRequestForm, body, abbreviations);

/**
 * Reads a JSON value as a request. The refusal lists each invalid and each unknown property.
 * @param abbreviations true if names may be abbreviated to an unambiguous prefix
 */
const readForm = <E extends v.ObjectEntries>(
  form: v.ObjectSchema<E, undefined>,
  body: unknown,
  abbreviations: boolean,
): v.InferOutput<v.ObjectSchema<E, undefined>> | Refusal => {
  if (!isJsonObject(body)) return refuseRequest([{ pointer: '', detail: 'must be a JSON object' }]);
  const { errors, sentNames, values } = expandNames(body, Object.keys(form.entries), abbreviations);
  const { issues = [], output, success } = v.safeParse(form, values);
  if (success && errors.length === 0) return output;
  return refuseRequest([...errors, ...issues.map((issue) => toProblemError(issue, sentNames))]);
};

/** Properties of a request under their full names. */
interface ExpandedProperties {
  readonly values: Readonly<Record<string, unknown>>;
  /** The sent name of each full name. */
  readonly sentNames: ReadonlyMap<string, string>;
  /** Errors of names that are unknown, ambiguous or repeated. */
  readonly errors: readonly ProblemError[];
}

const expandNames = (
  body: Record<string, unknown>,
  known: readonly string[],
  abbreviations: boolean,
): ExpandedProperties => {
  const values: Record<string, unknown> = {};
  const sentNames = new Map<string, string>();
  const errors: ProblemError[] = [];
  for (const [sentName, value] of Object.entries(body)) {
    const candidates = abbreviations ? expandName(sentName, known) : known.filter((name) => name === sentName);
    const [name] = candidates;
    const pointer = jsonPointer([sentName]);
    if (name === undefined) errors.push({ pointer, detail: `${quote(sentName)} is not a property of this request` });
    else if (candidates.length > 1)
      errors.push({ pointer, detail: `${quote(sentName)} may mean ${candidates.join(' or ')}` });
    else if (sentNames.has(name)) errors.push({ pointer, detail: `${name} may be given once` });
    else {
      values[name] = value;
      sentNames.set(name, sentName);
    }
  }
  return { values, sentNames, errors };
};

/** A sent name, shortened. */
const quote = (name: string): string => JSON.stringify(name.slice(0, 64));

const toProblemError = (
  { expected, message, path }: v.BaseIssue<unknown>,
  sentNames: ReadonlyMap<string, string>,
): ProblemError => {
  const [first, ...rest] = path?.map(({ key }) => key as string | number) ?? [];
  const sentName = sentNames.get(String(first)) ?? first;
  return {
    pointer: jsonPointer(sentName === undefined ? [] : [sentName, ...rest]),
    detail: path?.at(-1)?.origin === 'key' ? detailOfKey(expected) : message,
  };
};

/** A key is wrong if it is missing, or if the object may not have it. */
const detailOfKey = (expected: string | null): string =>
  expected === 'never' ? 'is not a property of this object' : 'is required';

/** Refuses a request with these errors. */
export const refuseRequest = (errors: readonly ProblemError[]): Refusal =>
  refuse('request_invalid', `${errors.length} faults in the request`, { errors });
