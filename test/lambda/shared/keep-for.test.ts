import { describe, expect, it } from 'vitest';
import { keepFor } from '../../../lambda/shared/keep-for.ts';

const aReader = () => {
  const clock = { milliseconds: 0 };
  const read: string[] = [];
  const failures: Error[] = [];
  const kept = keepFor(
    60_000,
    () => clock.milliseconds,
    async (key) => {
      read.push(key);
      const failure = failures.pop();
      if (failure !== undefined) throw failure;
      return `${key} ${read.length}`;
    },
  );
  return { clock, read, failures, kept };
};

describe('a value that is kept', () => {
  it('is read once for each key, also by requests at the same time', async () => {
    const { kept, read } = aReader();
    expect(await Promise.all([kept('a'), kept('a'), kept('b')])).toEqual(['a 1', 'a 1', 'b 2']);
    expect(read).toEqual(['a', 'b']);
  });

  it('is kept for 59.999 s and read again after 60 s', async () => {
    const { clock, kept } = aReader();
    await kept('a');
    clock.milliseconds = 59_999;
    expect(await kept('a')).toBe('a 1');
    clock.milliseconds = 60_000;
    expect(await kept('a')).toBe('a 2');
  });

  it('is read again if the clock went back', async () => {
    const { clock, kept } = aReader();
    await kept('a');
    clock.milliseconds = -1;
    expect(await kept('a')).toBe('a 2');
  });

  it('is not kept if reading failed', async () => {
    const { failures, kept } = aReader();
    failures.push(new Error('gone'));
    await expect(kept('a')).rejects.toThrow('gone');
    expect(await kept('a')).toBe('a 2');
  });
});
