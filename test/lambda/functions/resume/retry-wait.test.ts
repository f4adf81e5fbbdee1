import { describe, expect, it } from 'vitest';
import { retryWait } from '../../../../lambda/functions/resume/retry-wait.ts';

describe('the wait after a failed attempt', () => {
  it('doubles from 2 seconds to 15 minutes', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1_000].map((attempt) => retryWait(attempt, () => 1 - 1e-9));
    expect(longest).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  });

  it('is at least half of it, and a whole number of seconds', () => {
    const shortest = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1_000].map((attempt) => retryWait(attempt, () => 0));
    expect(shortest).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 450, 450, 450]);
    expect(retryWait(3, () => 0.3)).toBe(6);
  });
});
