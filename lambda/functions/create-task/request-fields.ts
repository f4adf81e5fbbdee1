import * as v from 'valibot';
import { CAPABILITY_NAMES } from '../../contract/capabilities.ts';
import { CARRIERS } from '../../contract/carriers.ts';
import { OWNER_PATTERN } from '../../contract/claims.ts';
import {
  EXPIRES_IN_SECONDS,
  HEARTBEAT_SECONDS,
  MAX_METADATA_BYTES,
  MAX_REASON_CHARS,
  MAX_RESOURCE_CHARS,
  SHORT_CODE_CHARS,
} from '../../contract/limits.ts';
import { PROCESSOR_ID_PATTERN } from '../../contract/registry.ts';
import { isJsonObject } from './request-form.ts';

const text = (expectation: string, holds: (value: string) => boolean) =>
  v.pipe(v.string(expectation), v.check(holds, expectation));

const seconds = (min: number, max: number) => {
  const expectation = `must be a whole number of seconds from ${min} to ${max}`;
  return v.pipe(
    v.number(expectation),
    v.check((value) => Number.isInteger(value) && value >= min && value <= max, expectation),
  );
};

/** A value as long as a short code is not repeated: it may be one, or a token, in the wrong place. */
const oneOf = <const T extends string>(options: readonly T[]) =>
  v.picklist(options, ({ input }) => {
    const sent = typeof input === 'string' && input.length < SHORT_CODE_CHARS ? JSON.stringify(input) : 'this';
    return `${sent} is not one of ${options.join(', ')}`;
  });

const ofCharacters = (max: number) =>
  text(`must be a text of 1 to ${max} characters`, (value) => {
    const characters = [...value].length;
    // Half of a pair of UTF-16 surrogates is no text, and not storable in UTF-8 (RFC 7493 §2.1).
    return characters >= 1 && characters <= max && value.isWellFormed();
  });

/** A lone surrogate in JSON text, where nothing but a lone surrogate is written so. */
const LONE_SURROGATE_ESCAPE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/** A number too large for a double would come back as `null`. */
const refuseInfinity = (_name: string, value: unknown): unknown => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('Not a finite number.');
  return value;
};

const isStorable = (metadata: object): boolean => {
  try {
    const json = JSON.stringify(metadata, refuseInfinity);
    return Buffer.byteLength(json) <= MAX_METADATA_BYTES && !LONE_SURROGATE_ESCAPE.test(json);
  } catch {
    // Also nested so deeply that the stack ends: far above the limit.
    return false;
  }
};

const CALLBACKS_EXPECTATION = 'must be a non-empty set without repeats';
const METADATA_EXPECTATION = `must be a JSON object of at most ${MAX_METADATA_BYTES} bytes`;

/** The properties of requests to open tasks, to issue callbacks again and to reopen tasks. */
export const FIELDS = {
  processor: text('must be the id of a processor: 2 to 32 of a-z, 0-9 and -', (id) => PROCESSOR_ID_PATTERN.test(id)),
  resource: ofCharacters(MAX_RESOURCE_CHARS),
  owner: text('must be 1 to 64 of A-Z, a-z, 0-9, ., _, :, @ and -', (owner) => OWNER_PATTERN.test(owner)),
  expiresIn: seconds(EXPIRES_IN_SECONDS.min, EXPIRES_IN_SECONDS.max),
  heartbeat: seconds(HEARTBEAT_SECONDS.min, EXPIRES_IN_SECONDS.max),
  callbacks: v.pipe(
    v.array(oneOf(CAPABILITY_NAMES), CALLBACKS_EXPECTATION),
    v.check((names) => names.length > 0 && new Set(names).size === names.length, CALLBACKS_EXPECTATION),
  ),
  carrier: oneOf(CARRIERS),
  reason: ofCharacters(MAX_REASON_CHARS),
  metadata: v.custom<Record<string, unknown>>(
    (value) => isJsonObject(value) && isStorable(value),
    METADATA_EXPECTATION,
  ),
} as const;
