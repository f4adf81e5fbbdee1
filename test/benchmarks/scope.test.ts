import { expect, test } from 'vitest';
import { scope } from '../../benchmarks/harness/scope.ts';

test('a scope runs what was deferred in reverse order, after the work', async () => {
  const order: string[] = [];
  const result = await scope(async (defer) => {
    defer(() => order.push('first'));
    defer(() => order.push('second'));
    order.push('work');
    return 'result';
  });
  expect(result).toBe('result');
  expect(order).toEqual(['work', 'second', 'first']);
});

test('a scope runs what was deferred if the work fails', async () => {
  const order: string[] = [];
  const failed = scope(async (defer) => {
    defer(() => order.push('closed'));
    throw new Error('failed');
  });
  await expect(failed).rejects.toThrow('failed');
  expect(order).toEqual(['closed']);
});
