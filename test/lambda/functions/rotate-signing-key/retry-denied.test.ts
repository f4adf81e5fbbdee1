import { describe, expect, it } from 'vitest';
import { retryDenied } from '../../../../lambda/functions/rotate-signing-key/retry-denied.ts';

const errorOf = (name: string) => Object.assign(new Error('no'), { name });

/** Runs an operation that fails with one error for a time. @param seconds time until it succeeds */
const run = async (name: string, seconds: number) => {
  let clock = 0;
  const attempts: number[] = [];
  const result = retryDenied(
    async () => {
      attempts.push(clock / 1_000);
      if (clock < seconds * 1_000) throw errorOf(name);
    },
    {
      limit: 120_000,
      pause: 5_000,
      now: () => clock,
      wait: async (milliseconds) => {
        clock += milliseconds;
      },
    },
  );
  return { attempts, result: await result.catch((error: Error) => error.name) };
};

describe('a run right after a deployment', () => {
  it.each(['AccessDeniedException', 'AccessDenied'])('is repeated for 120 seconds while it gets %s', async (name) => {
    expect(await run(name, 10)).toEqual({ attempts: [0, 5, 10], result: undefined });
    const { attempts, result } = await run(name, 121);
    expect([attempts.length, attempts.at(-1), result]).toEqual([25, 120, name]);
  });

  it('is not repeated for another error', async () => {
    expect(await run('DisabledException', 10)).toEqual({ attempts: [0], result: 'DisabledException' });
  });
});
