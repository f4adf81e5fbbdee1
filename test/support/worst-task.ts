import { randomBytes } from 'node:crypto';
import {
  MAX_ACCESS_TOKEN_CHARS,
  MAX_CONTENT_TYPE_CHARS,
  MAX_METADATA_BYTES,
  MAX_OWNER_CHARS,
  MAX_PROGRESS_NOTE_CHARS,
  MAX_REASON_CHARS,
  MAX_RESOURCE_CHARS,
  MAX_UPLOAD_BYTES,
  REOPEN_LIMIT,
  SETTLED_QUARANTINE_LIMIT,
} from '../../lambda/contract/limits.ts';
import { keptBytes, objectKey } from '../../lambda/contract/tables.ts';
import type { ReopenedEntry, TaskItem } from '../../lambda/contract/task.ts';
import { offerDigest } from '../../lambda/shared/tables/hashed-keys.ts';
import type { KeptOnTask } from '../../lib/config/rules/item-size.ts';
import { NOW } from './tokens.ts';

/** A character that takes four bytes. */
const WIDE = '😀';
const AT = new Date(NOW * 1000).toISOString();
const CONTENT_TYPE = `application/octet-stream;x=${'y'.repeat(MAX_CONTENT_TYPE_CHARS - 27)}`;
const anId = () => randomBytes(16).toString('base64url');
const aDigest = () => randomBytes(32).toString('hex');

const byId = (count: number, size: number): Record<string, ReopenedEntry & { readonly jti: string }> =>
  Object.fromEntries(
    Array.from({ length: count }, () => {
      const id = anId();
      const entry = {
        id,
        capability: 'failure' as const,
        jti: anId(),
        contentType: CONTENT_TYPE,
        size,
        sha256: aDigest(),
        receivedAt: AT,
      };
      return [id, entry];
    }),
  );

/**
 * Everything of a pending task that can grow, at its limit: what its sender gave, what its processor sent, and what is left
 * of the lives that it had before it was reopened for the last time.
 */
export const worstTask = (taskId: string, { inlineLimit, quarantineLimit, uploadUses }: KeptOnTask) => {
  const jti = anId();
  const quarantine = byId(quarantineLimit, inlineLimit);
  const reopened = byId(REOPEN_LIMIT, inlineLimit);
  const kept = [...Object.keys(quarantine), ...Object.keys(reopened)];
  const ways = ['pending', ...Array.from({ length: REOPEN_LIMIT }, () => ['expired', 'succeeded', 'pending']).flat()];
  return {
    taskId,
    resource: WIDE.repeat(MAX_RESOURCE_CHARS),
    owner: 'x'.repeat(MAX_OWNER_CHARS),
    metadata: JSON.stringify({ x: 'x'.repeat(MAX_METADATA_BYTES - 8) }),
    // Base64url of its token has four characters for three bytes.
    openedBy: 'x'.repeat((MAX_ACCESS_TOKEN_CHARS / 4) * 3),
    heartbeat: 604_800,
    expiresIn: 604_800,
    reissuedAt: NOW,
    progress: { percent: 99.123_456_789_012_35, note: WIDE.repeat(MAX_PROGRESS_NOTE_CHARS), at: AT },
    uploads: Object.fromEntries(
      Array.from({ length: uploadUses }, () => {
        const offer = { contentType: CONTENT_TYPE, size: MAX_UPLOAD_BYTES, sha256: aDigest(), jti };
        const digest = offerDigest(offer);
        return [digest, { ...offer, key: objectKey('upload', { taskId, jti, digest }) }];
      }),
    ),
    quarantine,
    reopened,
    ...Object.fromEntries(kept.map((id) => [keptBytes(id), randomBytes(inlineLimit)])),
    reopenings: Array.from({ length: REOPEN_LIMIT }, () => ({
      at: AT,
      from: 'succeeded' as const,
      reason: WIDE.repeat(MAX_REASON_CHARS),
    })),
    // One below the limit, and then as many as the quarantine holds are decided.
    settled: new Set(Array.from({ length: SETTLED_QUARANTINE_LIMIT - 1 + quarantineLimit }, anId)),
    history: ways.map((status) => ({ at: AT, status: status as TaskItem['status'] })),
    replays: Number.MAX_SAFE_INTEGER,
    lastReplay: { from: '2001:0db8:0000:0000:0000:ffff:255.255.255.255', sha256: aDigest() },
    sequence: Number.MAX_SAFE_INTEGER - 10,
  } satisfies Partial<TaskItem>;
};
