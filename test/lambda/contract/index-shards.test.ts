import { expect, test } from 'vitest';
import { readIndexShards } from '../../../lambda/contract/environment-variables.ts';
import { INDEX_SHARDS } from '../../../lambda/contract/limits.ts';

test.each([INDEX_SHARDS.min, 17, INDEX_SHARDS.max])('%d shards are as many as an index may have', (shards) => {
  expect(readIndexShards({ INDEX_SHARDS: `${shards}` })).toBe(shards);
});

test.each([INDEX_SHARDS.min - 1, INDEX_SHARDS.max + 1, 'many', '', '16.5'])(
  '"%s" stops the cold start by name',
  (value) => {
    expect(() => readIndexShards({ INDEX_SHARDS: `${value}` })).toThrow(/INDEX_SHARDS/);
  },
);
