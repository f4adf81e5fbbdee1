import { DEFAULT_APPLICATION } from '../../lambda/contract/applications.ts';
import { CLOCK_TOLERANCE_SECONDS, INDEX_SHARDS, NEVER } from '../../lambda/contract/limits.ts';
import { applicationShardKey, createdKey, searchShardKey } from '../../lambda/contract/tables.ts';
import { type StoredTask, trimTask } from '../../lambda/shared/tables/complete-task.ts';
import { searchDigest, shardOf } from '../../lambda/shared/tables/hashed-keys.ts';
import { PROCESSOR } from './names.ts';

/** A resource of 40 characters and a client id of 26, as real ones have. */
export const RESOURCE = 'urn:example:invoice:2026-11-30:000000077';
const CLIENT = '5example4client3id2of1a0pool'.slice(0, 26);

export interface TaskOptions {
  readonly taskId: string;
  readonly jti: string;
  /** Claims of its token, in seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  /** @default 'pending' */
  readonly status?: 'pending' | 'succeeded';
}

/** A task with one callback, as it is stored in the table. */
export const aTask = ({ exp, iat, jti, status = 'pending', taskId }: TaskOptions): StoredTask => {
  const createdAt = new Date(iat * 1000).toISOString();
  const shard = shardOf(taskId, INDEX_SHARDS.default);
  const deadline = exp + CLOCK_TOLERANCE_SECONDS;
  const isPending = status === 'pending';
  return trimTask({
    taskId,
    application: DEFAULT_APPLICATION,
    status,
    processor: PROCESSOR,
    resource: RESOURCE,
    openedBy: CLIENT,
    carrier: 'header',
    createdAt,
    expiresAt: new Date(exp * 1000).toISOString(),
    deadline,
    heartbeatDeadline: NEVER,
    callbacks: { result: { jti, maxUses: 1 }, failure: { jti: [...jti].reverse().join(''), maxUses: 1 } },
    shard,
    createdKey: createdKey(createdAt, taskId),
    applicationShard: applicationShardKey(DEFAULT_APPLICATION, shard),
    resourceShard: searchShardKey(DEFAULT_APPLICATION, shard, searchDigest(RESOURCE)),
    due: deadline,
    uploads: {},
    quarantine: {},
    history: [{ at: createdAt, status: 'pending' }, ...(isPending ? [] : [{ at: createdAt, status }])],
    sequence: isPending ? 1 : 2,
    revision: isPending ? 1 : 2,
    change: isPending ? 'opened' : status,
    changedAt: createdAt,
    purgeAt: exp + 2_592_000,
  });
};
