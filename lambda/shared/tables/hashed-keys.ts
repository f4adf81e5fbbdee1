import { createHash } from 'node:crypto';
import { LOOKUP_PREFIXES, PROOF_PREFIX } from '../../contract/tables.ts';
import type { UploadOffer } from '../../contract/task.ts';

/** SHA-256 of a list of strings, no two lists alike; 64 lower-case hex digits. */
const sha256 = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** The partition of a task in either index, of so many. */
export const shardOf = (taskId: string, shards: number): number =>
  Number.parseInt(sha256(taskId).slice(0, 8), 16) % shards;

/** Where a short code leads: only its SHA-256 is stored. */
export const shortCodeLookupKey = (code: string): string =>
  `${LOOKUP_PREFIXES.code}${createHash('sha256').update(code).digest('hex')}`;

/** One idempotency key of one client. */
export const idempotencyKey = (clientId: string, key: string): string =>
  `${LOOKUP_PREFIXES.idempotency}${sha256(clientId, key)}`;

/**
 * Digest of an upload's offer: what the object must be. The size is part of it: an offer of the same bytes with another size,
 * which can never arrive, must not take the place of one that is on its way.
 */
export const offerDigest = ({
  contentType,
  sha256: bytes,
  size,
}: Pick<UploadOffer, 'contentType' | 'sha256' | 'size'>): string => sha256(contentType, bytes, String(size));

/** One access token of an environment that takes each once. */
export const accessTokenKey = (iss: string, jti: string): string => `${LOOKUP_PREFIXES.accessToken}${sha256(iss, jti)}`;

/** What is remembered of a proof, in the jti table. */
export const proofKey = (kind: string, ...parts: readonly string[]): string =>
  `${PROOF_PREFIX}${kind}#${sha256(...parts)}`;

/** A hash that we sent out, and one that we accepted: by their SHA-256, for each is half of a secret. */
export const ownCallKey = (hash: string): string => `${LOOKUP_PREFIXES.ownCall}${sha256(hash)}`;
export const acceptedHashKey = (hash: string): string => `${LOOKUP_PREFIXES.acceptedHash}${sha256(hash)}`;
