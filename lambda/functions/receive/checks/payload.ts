import type { Capability } from '../../../contract/capabilities.ts';
import { MAX_PROGRESS_NOTE_CHARS, MAX_UPLOAD_BYTES } from '../../../contract/limits.ts';
import { JSON_MEDIA_TYPE, type Processor } from '../../../contract/registry.ts';
import { objectKey } from '../../../contract/tables.ts';
import type { UploadOffer } from '../../../contract/task.ts';
import { jsonPointer } from '../../../shared/http/json-body.ts';
import { parseJson } from '../../../shared/json.ts';
import { isRefusal, type ProblemError, type Refusal, refuse } from '../../../shared/refusal.ts';
import { offerDigest } from '../../../shared/tables/hashed-keys.ts';
import type { Delivery } from '../delivery.ts';
import type { Schemas } from './json-schema.ts';
import { NOT_JSON, schemaErrors } from './json-schema.ts';
import { readMediaType } from './media-type.ts';

/** What a progress report says. */
export interface Report {
  readonly percent?: number;
  readonly note?: string;
}

const invalid = (errors: readonly ProblemError[]): Refusal =>
  refuse('payload_invalid', `${errors.length} errors`, { errors });

/**
 * A JSON object of the members that are named, each with what it must be.
 * @returns the object, or what is wrong with it as JSON pointers
 */
const readForm = <T extends object>(
  body: Uint8Array,
  members: Readonly<
    Record<string, { readonly optional?: true; readonly expectation: string; holds(value: unknown): boolean }>
  >,
): T | Refusal => {
  let value: unknown;
  try {
    value = parseJson(body);
  } catch {
    return invalid([{ pointer: '', detail: NOT_JSON }]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid([{ pointer: '', detail: 'must be a JSON object' }]);
  }
  const sent: Readonly<Record<string, unknown>> = { ...value };
  const errors = [
    ...Object.entries(members).flatMap(([name, { expectation, holds, optional }]) =>
      (optional && !Object.hasOwn(sent, name)) || holds(sent[name])
        ? []
        : [{ pointer: jsonPointer([name]), detail: expectation }],
    ),
    ...Object.keys(sent)
      .filter((name) => !Object.hasOwn(members, name))
      .map((name) => ({ pointer: jsonPointer([name]), detail: 'is not a property of this form: take it out' })),
  ];
  return errors.length > 0 ? invalid(errors) : (sent as T);
};

/** Far below what a percentage can mean, and above the smallest number that DynamoDB holds. */
const SMALLEST_PERCENT = 1e-100;

const PROGRESS = {
  percent: {
    optional: true,
    expectation: 'must be a number from 0 to 100',
    holds: (value: unknown) =>
      typeof value === 'number' && (value === 0 || (value >= SMALLEST_PERCENT && value <= 100)),
  },
  note: {
    optional: true,
    expectation: `must be a string of at most ${MAX_PROGRESS_NOTE_CHARS} characters`,
    // Half of a pair of UTF-16 surrogates is no text, and not storable in UTF-8 (RFC 7493 §2.1).
    holds: (value: unknown) =>
      typeof value === 'string' && [...value].length <= MAX_PROGRESS_NOTE_CHARS && value.isWellFormed(),
  },
} as const;

/** The form of `POST /v1/progress/{taskId}`. */
export const readProgress = (body: Uint8Array): Report | Refusal => readForm<Report>(body, PROGRESS);

/** What a delivery brings, as policies are asked about it. */
export interface Brought {
  /** In bytes. */
  readonly size: number;
  /** `type/subtype` in lower case. */
  readonly contentType: string;
}

/**
 * What a delivery brings: for an upload what it offers, for everything else the request's own body. An offer that cannot
 * be read is refused at step 9, whatever the policies say. Until then, the request's own size and content type stand for
 * each member that says nothing.
 */
export const readBrought = ({ capability, mediaType, request }: Delivery): Brought => {
  const own = { size: request.bodySize, contentType: mediaType.essence };
  if (capability !== 'upload') return own;
  let offered: unknown;
  try {
    offered = parseJson(request.body());
  } catch {
    return own;
  }
  if (typeof offered !== 'object' || offered === null) return own;
  const { contentType, size }: Readonly<Record<string, unknown>> = { ...offered };
  return {
    // Cedar's numbers are integers of 64 bits.
    size: Number.isSafeInteger(size) ? (size as number) : own.size,
    contentType: (typeof contentType === 'string' && readMediaType([contentType])?.essence) || own.contentType,
  };
};

/** The form of `POST /v1/uploads/{taskId}`. */
export const readOffer = ({ claims, processor, request, taskId }: Delivery): UploadOffer | Refusal => {
  const form = readForm<Pick<UploadOffer, 'contentType' | 'size' | 'sha256'>>(request.body(), {
    contentType: {
      expectation: `must be one of ${processor.contentTypes.join(', ')}`,
      holds: (value) =>
        typeof value === 'string' &&
        // As it will stand in a header, where blanks around it are lost.
        /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) &&
        processor.contentTypes.includes(readMediaType([value])?.essence ?? ''),
    },
    size: {
      expectation: `must be a whole number of bytes from 1 to ${MAX_UPLOAD_BYTES}`,
      holds: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_UPLOAD_BYTES,
    },
    sha256: {
      expectation: 'must be 64 lower-case hex digits',
      holds: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
    },
  });
  if (isRefusal(form)) return form;
  return { ...form, jti: claims.jti, key: objectKey('upload', { taskId, jti: claims.jti, digest: offerDigest(form) }) };
};

/** Step 9 for results and failures: this processor's content types, that JSON is JSON, and for results its JSON Schema. */
export const checkPayload = (delivery: Delivery, schemas: () => Schemas): Refusal | undefined => {
  const { capability, mediaType, processor, request } = delivery;
  if (!processor.contentTypes.includes(mediaType.essence)) {
    return refuse('content_type_refused', 'not a content type of this processor', {
      errors: [{ pointer: '', message: 'is not a content type of this processor', accepted: processor.contentTypes }],
    });
  }
  if (request.bodySize === 0 && capability === 'result' && !processor.allowEmptyResult) {
    return invalid([{ pointer: '', detail: 'must not be empty: a result of this processor has 1 byte at least' }]);
  }
  if (!hasSchema(capability, processor)) return checkJson(delivery);
  const schema = schemas()[processor.id];
  if (schema === undefined) return refuse('unavailable', 'the schema of this processor is not in the bundle');
  const errors = schemaErrors(request.body(), schema);
  return errors.length === 0 ? undefined : invalid(errors);
};

/** A payload that is sent as JSON must be JSON, because the sender will parse it. Its values are not looked at. */
const checkJson = ({ mediaType, processor, request }: Delivery): Refusal | undefined => {
  if (!processor.checkJson || request.bodySize === 0 || !JSON_MEDIA_TYPE.test(mediaType.essence)) return undefined;
  try {
    parseJson(request.body());
    return undefined;
  } catch {
    return invalid([{ pointer: '', detail: NOT_JSON }]);
  }
};

const hasSchema = (capability: Capability, { schema }: Processor): boolean =>
  capability === 'result' && schema !== undefined;
