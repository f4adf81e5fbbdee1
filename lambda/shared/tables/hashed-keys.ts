import { createHash } from 'node:crypto';
import { LOOKUP_PREFIXES, PROOF_PREFIX } from '../../contract/tables.ts';
import type { UploadOffer } from '../../contract/task.ts';

/** SHA-256 of a list of strings, as 64 lower-case hex digits. Different lists have different hashes. */
const sha256 = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** Shard of a task in every index, 0 to `shards - 1`. */
export const shardOf = (taskId: string, shards: number): number =>
  Number.parseInt(sha256(taskId).slice(0, 8), 16) % shards;

/** Digest of a resource or owner in an index key: 22 characters for every value. Only equal values have the same digest. */
export const searchDigest = (value: string): string =>
  createHash('sha256').update(value).digest('base64url').slice(0, 22);

/** Key of a short code. Only its SHA-256 is stored. */
export const shortCodeLookupKey = (code: string): string =>
  `${LOOKUP_PREFIXES.code}${createHash('sha256').update(code).digest('hex')}`;

/** Key of one idempotency key of one application. Its clients share it. */
export const idempotencyKey = (application: string, key: string): string =>
  `${LOOKUP_PREFIXES.idempotency}${sha256('application', application, key)}`;

/** Key of one value of `supersedes` of one application. */
export const supersedesKey = (application: string, value: string): string =>
  `${LOOKUP_PREFIXES.supersedes}${sha256('application', application, value)}`;

/** Key of the last heartbeat of a task's workflow. */
export const heartbeatKey = (taskId: string): string => `${LOOKUP_PREFIXES.heartbeat}${sha256(taskId)}`;

/**
 * Digest of an upload offer. It includes the size: an offer of the same bytes with a wrong size can never arrive, and must
 * not replace the right one.
 */
export const offerDigest = ({
  contentType,
  sha256: bytes,
  size,
}: Pick<UploadOffer, 'contentType' | 'sha256' | 'size'>): string => sha256(contentType, bytes, String(size));

/** Key of one access token, in an environment that accepts each token once. */
export const accessTokenKey = (iss: string, jti: string): string => `${LOOKUP_PREFIXES.accessToken}${sha256(iss, jti)}`;

/** Key of the record of a proof in the jti table. */
export const proofKey = (kind: string, ...parts: readonly string[]): string =>
  `${PROOF_PREFIX}${kind}#${sha256(...parts)}`;

/** Keys of a hash that we sent and of a hash that we accepted. Only SHA-256 is stored, because each hash is half of a secret. */
export const ownCallKey = (hash: string): string => `${LOOKUP_PREFIXES.ownCall}${sha256(hash)}`;
export const acceptedHashKey = (hash: string): string => `${LOOKUP_PREFIXES.acceptedHash}${sha256(hash)}`;
