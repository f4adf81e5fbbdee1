import * as v from 'valibot';
import { CAPABILITY_NAMES, DEFAULT_CALLBACKS } from '../contract/capabilities.ts';
import { OWNER_PATTERN } from '../contract/claims.ts';
import { EXPIRES_IN_SECONDS, HEARTBEAT_SECONDS, MAX_METADATA_BYTES, MAX_RESOURCE_CHARS } from '../contract/limits.ts';
import { CARRIERS, PROCESSOR_ID_PATTERN } from '../contract/registry.ts';
import { jsonPointer } from '../http/json-body.ts';
import type { ProblemError, Refusal } from '../http/problem.ts';
import { refuse } from '../http/problem.ts';

const text = (expectation: string, holds: (value: string) => boolean) =>
  v.pipe(v.string(expectation), v.check(holds, expectation));

const seconds = (min: number, max: number) => {
  const expectation = `must be a whole number of seconds from ${min} to ${max}`;
  return v.pipe(
    v.number(expectation),
    v.check((value) => Number.isInteger(value) && value >= min && value <= max, expectation),
  );
};

const oneOf = <const T extends string>(options: readonly T[]) =>
  v.picklist(options, ({ input }) => `${quote(input)} is not one of ${options.join(', ')}`);

/** Names what was sent, shortened: enough to find it, and never a page of it. */
const quote = (input: unknown): string => (typeof input === 'string' ? JSON.stringify(input.slice(0, 64)) : 'this');

/** Half of a pair of UTF-16 surrogates: no text, and not storable in UTF-8 (RFC 7493 §2.1). */
const LONE_SURROGATE = /\p{Surrogate}/u;

const isResource = (value: string): boolean => {
  const characters = [...value].length;
  return characters >= 1 && characters <= MAX_RESOURCE_CHARS && !LONE_SURROGATE.test(value);
};

const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same in JSON text, where nothing but a lone surrogate is written so. */
const LONE_SURROGATE_ESCAPE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

const isStorable = (metadata: object): boolean => {
  try {
    const json = JSON.stringify(metadata);
    return Buffer.byteLength(json) <= MAX_METADATA_BYTES && !LONE_SURROGATE_ESCAPE.test(json);
  } catch {
    // Nested so deeply that the stack ends: far above the limit.
    return false;
  }
};

const CALLBACKS_EXPECTATION = 'must be a non-empty set without repeats';
const METADATA_EXPECTATION = `must be a JSON object of at most ${MAX_METADATA_BYTES} bytes`;

const OpenRequestSchema = v.object({
  processor: text('must be the id of a processor: 2 to 32 of a-z, 0-9 and -', (id) => PROCESSOR_ID_PATTERN.test(id)),
  resource: text(`must be a text of 1 to ${MAX_RESOURCE_CHARS} characters`, isResource),
  owner: v.exactOptional(
    text('must be 1 to 64 of A-Z, a-z, 0-9, ., _, :, @ and -', (owner) => OWNER_PATTERN.test(owner)),
  ),
  expiresIn: seconds(EXPIRES_IN_SECONDS.min, EXPIRES_IN_SECONDS.max),
  heartbeat: v.exactOptional(seconds(HEARTBEAT_SECONDS.min, EXPIRES_IN_SECONDS.max)),
  callbacks: v.exactOptional(
    v.pipe(
      v.array(oneOf(CAPABILITY_NAMES), CALLBACKS_EXPECTATION),
      v.check((names) => names.length > 0 && new Set(names).size === names.length, CALLBACKS_EXPECTATION),
    ),
    [...DEFAULT_CALLBACKS],
  ),
  carrier: v.exactOptional(oneOf(CARRIERS)),
  metadata: v.exactOptional(
    v.custom<Record<string, unknown>>((value) => isJsonObject(value) && isStorable(value), METADATA_EXPECTATION),
  ),
});

/** What a sender asks for when it opens a task. */
export type OpenRequest = v.InferOutput<typeof OpenRequestSchema>;

/** Reads the body of `POST /v1/tasks`; the refusal names each fault and each unknown property. */
export const readOpenRequest = (body: unknown): OpenRequest | Refusal => {
  if (!isJsonObject(body)) return invalid([{ pointer: '', detail: 'must be a JSON object' }]);
  const unknown = Object.keys(body)
    .filter((name) => !Object.hasOwn(OpenRequestSchema.entries, name))
    .map((name) => ({ pointer: jsonPointer([name]), detail: `${quote(name)} is not a property of this request` }));
  const { issues = [], output, success } = v.safeParse(OpenRequestSchema, body);
  const faults = issues.map((issue) => ({
    pointer: jsonPointer((issue.path ?? []).map(({ key }) => key as string | number)),
    detail: issue.path?.[0]?.origin === 'key' ? 'is required' : issue.message,
  }));
  if (!success || unknown.length > 0) return invalid([...unknown, ...faults]);
  if (output.heartbeat !== undefined && output.heartbeat > output.expiresIn) {
    return invalid([{ pointer: '/heartbeat', detail: 'must not be longer than expiresIn' }]);
  }
  return output;
};

/** The refusal of a request for these faults. */
export const invalid = (errors: readonly ProblemError[]): Refusal =>
  refuse('request_invalid', `${errors.length} faults in the body`, { errors });
