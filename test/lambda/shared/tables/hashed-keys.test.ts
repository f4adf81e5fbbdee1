import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { INDEX_SHARDS } from '../../../../lambda/contract/limits.ts';
import {
  accessTokenKey,
  idempotencyKey,
  shardOf,
  shortCodeLookupKey,
} from '../../../../lambda/shared/tables/hashed-keys.ts';

test.each([INDEX_SHARDS.min, 100, INDEX_SHARDS.max])(
  'spreads tasks evenly over %d shards of an index, always with the same result',
  (shards) => {
    const counts = new Map<number, number>();
    const perShard = 200;
    for (let i = 0; i < shards * perShard; i += 1) {
      const taskId = randomBytes(16).toString('base64url');
      const shard = shardOf(taskId, shards);
      if (shardOf(taskId, shards) !== shard) throw new Error(`${taskId} has two shards.`);
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: shards }, (_, shard) => shard));
    // Seven standard deviations: a fair hash does not get there.
    for (const count of counts.values()) expect(Math.abs(count - perShard)).toBeLessThan(7 * Math.sqrt(perShard));
  },
);

test('O1 makes keys of the lookups table that contain no secret and differ for each kind', () => {
  const [code, idempotency] = [shortCodeLookupKey('SECRET-CODE'), idempotencyKey('client', 'SECRET-KEY')];
  const access = accessTokenKey('https://idp.example.com', 'SECRET-JTI');
  for (const key of [code, idempotency, access]) expect(key).toMatch(/^(code|idempotency|access)#[0-9a-f]{64}$/);
  expect(idempotencyKey('a', 'bc')).not.toBe(idempotencyKey('ab', 'c'));
});
