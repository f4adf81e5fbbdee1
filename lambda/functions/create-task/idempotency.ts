import { createHash } from 'node:crypto';
import { IDEMPOTENCY_KEY } from '../../contract/limits.ts';
import { canonicalJson } from '../../shared/canonical-json.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import type { Refusal } from '../../shared/refusal.ts';
import { idempotencyKey } from '../../shared/tables/hashed-keys.ts';
import { invalid } from './request-form.ts';

const HEADER = 'Idempotency-Key';
const PRINTABLE = new RegExp(`^[\\x20-\\x7e]{1,${IDEMPOTENCY_KEY.maxChars}}$`);

/** A request that may be repeated: what it is found by, and what it asked for. */
export interface Repeatable {
  /** Key of the record in the lookups table. */
  readonly lookupKey: string;
  /** SHA-256 of the JSON value, 64 lower-case hex digits. */
  readonly requestSha256: string;
}

/** A request that opened a task, as it was recorded. */
export interface Recorded {
  readonly requestSha256: string;
  readonly taskId: string;
  /** Seconds since 1970. */
  readonly recordedAt: number;
}

/** Seconds since 1970 at or before which a record is forgotten, whether or not it has been deleted. */
export const forgottenAt = (now: number): number => now - IDEMPOTENCY_KEY.seconds;

/**
 * The `Idempotency-Key` of a request.
 * @returns undefined where it has none
 */
export const readIdempotencyKey = (request: HttpRequest): { readonly key: string } | undefined | Refusal => {
  const lines = request.header(HEADER);
  if (lines.length === 0) return undefined;
  const key = lines[0]?.trim() ?? '';
  if (lines.length === 1 && PRINTABLE.test(key)) return { key };
  const detail = `must be one line of 1 to ${IDEMPOTENCY_KEY.maxChars} printable ASCII characters`;
  return invalid([{ header: HEADER, detail }]);
};

/** @param body the JSON value as it was sent */
export const repeatable = (clientId: string, key: string, body: unknown): Repeatable => ({
  lookupKey: idempotencyKey(clientId, key),
  requestSha256: createHash('sha256')
    .update(canonicalJson(body) ?? '')
    .digest('hex'),
});
