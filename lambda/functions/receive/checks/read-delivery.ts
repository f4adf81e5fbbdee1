import { type ClosingCapability, isClosing } from '../../../contract/capabilities.ts';
import { MAX_PROGRESS_NOTE_CHARS, MAX_UPLOAD_BYTES } from '../../../contract/limits.ts';
import { JSON_MEDIA_TYPE } from '../../../contract/registry.ts';
import { objectKey } from '../../../contract/tables.ts';
import type { Progress, UploadOffer } from '../../../contract/task.ts';
import { isRefusal, type Refusal, refuse } from '../../../shared/refusal.ts';
import { offerDigest } from '../../../shared/tables/hashed-keys.ts';
import type { AuthenticatedCallback } from '../authenticated-callback.ts';
import { type ClosingDelivery, type Delivery, type OfferDelivery, type ProgressDelivery, sha256 } from '../delivery.ts';
import { invalidPayload, NOT_JSON, readForm } from './form.ts';
import { type Schemas, schemaErrors } from './json-schema.ts';
import { readMediaType } from './media-type.ts';

/**
 * Step 9: reads the payload of a callback and checks it against the rules of its capability and processor.
 * @param schemas loads the compiled schemas
 */
export const readDelivery = (callback: AuthenticatedCallback, schemas: () => Schemas): Delivery | Refusal => {
  const { capability } = callback;
  if (isClosing(capability)) return readPayload(callback, capability, schemas);
  return capability === 'progress' ? readProgress(callback) : readOffer(callback);
};

const readPayload = (
  callback: AuthenticatedCallback,
  capability: ClosingCapability,
  schemas: () => Schemas,
): ClosingDelivery | Refusal => {
  const refusal = checkPayload(callback, schemas);
  if (refusal !== undefined) return refusal;
  const { mediaType, receivedAt, request } = callback;
  const bytes = request.body();
  const payload = { contentType: mediaType.sent, size: bytes.length, sha256: sha256(bytes), receivedAt };
  return { kind: 'close', capability, payload, bytes };
};

/** Checks a result or failure: its content type, that JSON is valid JSON, and for results the processor's JSON Schema. */
const checkPayload = (callback: AuthenticatedCallback, schemas: () => Schemas): Refusal | undefined => {
  const { capability, json, mediaType, processor, request } = callback;
  if (!processor.contentTypes.includes(mediaType.essence)) {
    return refuse('content_type_refused', 'not a content type of this processor', {
      errors: [{ pointer: '', message: 'is not a content type of this processor', accepted: processor.contentTypes }],
    });
  }
  if (request.bodySize === 0 && capability === 'result' && !processor.allowEmptyResult) {
    return invalidPayload([
      { pointer: '', detail: 'must not be empty: a result of this processor has 1 byte at least' },
    ]);
  }
  if (capability !== 'result' || processor.schema === undefined) {
    return mustBeJson(callback) && json() === null ? NOT_JSON : undefined;
  }
  const schema = schemas()[processor.id];
  if (schema === undefined) return refuse('unavailable', 'the schema of this processor is not in the bundle');
  const body = json();
  if (body === null) return NOT_JSON;
  const errors = schemaErrors(body.value, schema);
  return errors.length === 0 ? undefined : invalidPayload(errors);
};

/** True if the payload is sent as JSON: the sender will parse it. Its values are not checked. */
const mustBeJson = ({ mediaType, processor, request }: AuthenticatedCallback): boolean =>
  processor.checkJson && request.bodySize > 0 && JSON_MEDIA_TYPE.test(mediaType.essence);

/** Smallest accepted percentage above 0. DynamoDB holds it; percentages that matter are far larger. */
const SMALLEST_PERCENT = 1e-100;

const PROGRESS_FORM = {
  percent: {
    optional: true,
    expectation: 'must be a number from 0 to 100',
    holds: (value: unknown) =>
      typeof value === 'number' && (value === 0 || (value >= SMALLEST_PERCENT && value <= 100)),
  },
  note: {
    optional: true,
    expectation: `must be a string of at most ${MAX_PROGRESS_NOTE_CHARS} characters`,
    // Half of a UTF-16 surrogate pair is not text and cannot be stored in UTF-8 (RFC 7493 §2.1).
    holds: (value: unknown) =>
      typeof value === 'string' && [...value].length <= MAX_PROGRESS_NOTE_CHARS && value.isWellFormed(),
  },
} as const;

/** Reads the form of `POST /v1/progress/{taskId}`. */
const readProgress = ({ json, receivedAt }: AuthenticatedCallback): ProgressDelivery | Refusal => {
  const form = readForm<Omit<Progress, 'at'>>(json(), PROGRESS_FORM);
  return isRefusal(form) ? form : { kind: 'progress', progress: { ...form, at: receivedAt } };
};

/** Printable ASCII without spaces around it: a header would lose them. A media type has more than two characters. */
const HEADER_VALUE = /^[\x21-\x7e][\x20-\x7e]*[\x21-\x7e]$/;

/** Reads the form of `POST /v1/uploads/{taskId}`. */
const readOffer = ({ claims, json, processor, taskId }: AuthenticatedCallback): OfferDelivery | Refusal => {
  const form = readForm<Pick<UploadOffer, 'contentType' | 'size' | 'sha256'>>(json(), {
    contentType: {
      expectation: `must be one of ${processor.contentTypes.join(', ')}`,
      holds: (value) =>
        typeof value === 'string' &&
        HEADER_VALUE.test(value) &&
        processor.contentTypes.includes(readMediaType([value])?.essence ?? ''),
    },
    size: {
      expectation: `must be a whole number of bytes from 1 to ${MAX_UPLOAD_BYTES}`,
      holds: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_UPLOAD_BYTES,
    },
    sha256: {
      expectation: 'must be 64 lower-case hex digits',
      holds: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
    },
  });
  if (isRefusal(form)) return form;
  const { jti } = claims;
  return {
    kind: 'offer',
    offer: { ...form, jti, key: objectKey('upload', { taskId, jti, digest: offerDigest(form) }) },
  };
};
