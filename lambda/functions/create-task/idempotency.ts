import { createHash } from 'node:crypto';
import { IDEMPOTENCY_KEY } from '../../contract/limits.ts';
import { canonicalJson } from '../../shared/canonical-json.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import type { Refusal } from '../../shared/refusal.ts';
import { idempotencyKey } from '../../shared/tables/hashed-keys.ts';
import { refuseRequest } from './request.ts';

const HEADER = 'Idempotency-Key';
const PRINTABLE = new RegExp(`^[\\x20-\\x7e]{1,${IDEMPOTENCY_KEY.maxChars}}$`);

/** Member of a payload that has the key of an invocation. */
export const IDEMPOTENCY_MEMBER = 'idempotencyKey';

/** Returns the key of a text: blanks around it do not count. Undefined for any other text. */
const toKey = (text: string): string | undefined => {
  const key = text.trim();
  return PRINTABLE.test(key) ? key : undefined;
};

/** A request with an idempotency key. */
export interface IdempotentRequest {
  /** Key of its record in the lookups table. */
  readonly lookupKey: string;
  /** SHA-256 of the JSON value, 64 lower-case hex digits. */
  readonly requestSha256: string;
}

/** The record of an earlier request that created a task. */
export interface RecordedRequest {
  readonly requestSha256: string;
  readonly taskId: string;
  /** Seconds since 1970. */
  readonly recordedAt: number;
}

/** Records of this time (seconds since 1970) or earlier are ignored. DynamoDB may delete them days later. */
export const forgottenAt = (now: number): number => now - IDEMPOTENCY_KEY.seconds;

/** Returns the `Idempotency-Key` of a request, or undefined if it has no such header. */
export const readIdempotencyKey = (request: HttpRequest): { readonly key: string } | undefined | Refusal => {
  const lines = request.header(HEADER);
  if (lines.length === 0) return undefined;
  const key = toKey(lines[0] ?? '');
  if (lines.length === 1 && key !== undefined) return { key };
  const detail = `must be one line of 1 to ${IDEMPOTENCY_KEY.maxChars} printable ASCII characters`;
  return refuseRequest([{ header: HEADER, detail }]);
};

/** Reads the idempotency key of an invocation, with the rule of the header. @param name the member as it was sent */
export const readIdempotencyMember = (name: string, value: unknown): string | Refusal => {
  const key = typeof value === 'string' ? toKey(value) : undefined;
  const detail = `must be a text of 1 to ${IDEMPOTENCY_KEY.maxChars} printable ASCII characters`;
  return key ?? refuseRequest([{ pointer: `/${name}`, detail }]);
};

/** @param body the JSON value as it was sent, without an idempotency key */
export const toIdempotentRequest = (application: string, key: string, body: unknown): IdempotentRequest => ({
  lookupKey: idempotencyKey(application, key),
  requestSha256: createHash('sha256')
    .update(canonicalJson(body) ?? '')
    .digest('hex'),
});
