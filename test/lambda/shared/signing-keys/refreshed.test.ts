import { test as base, describe, expect } from 'vitest';
import { createRefreshed } from '../../../../lambda/shared/signing-keys/refreshed.ts';

/** A source whose answers the test gives, in the order of the attempts. */
const aSource = () => {
  const attempts: { readonly resolve: (value: string) => void; readonly reject: (reason: Error) => void }[] = [];
  return {
    attempts,
    read: () => new Promise<string>((resolve, reject) => attempts.push({ resolve, reject })),
    /** Answers the attempt with this number, the first is 1. */
    answer: (number: number, value: string) => attempts[number - 1]?.resolve(value),
    fail: (number: number) => attempts[number - 1]?.reject(new Error(`attempt ${number}`)),
  };
};

const test = base
  .extend('clock', () => ({ seconds: 1_000_000 }))
  .extend('source', () => aSource())
  .extend('get', ({ clock, source }) => createRefreshed({ read: source.read, now: () => clock.seconds * 1_000 }))
  /** Reads `one` at 1,000,000 seconds. */
  .extend('getAfterOne', async ({ get, source }) => {
    source.answer(1, 'one');
    await get();
    return get;
  });

const ONE = { value: 'one', isFresh: true };
const OLD = { value: 'one', isFresh: false };
const TWO = { value: 'two', isFresh: true };

describe('the first reading', () => {
  test('begins without a caller, and serves all callers', async ({ get, source }) => {
    expect(source.attempts).toHaveLength(1);
    const callers = Promise.all([get(), get(), get()]);
    source.answer(1, 'one');
    expect(await callers).toEqual([ONE, ONE, ONE]);
    expect(source.attempts).toHaveLength(1);
  });

  test('C7 fails for the callers that wait for it, without a second attempt', async ({ get, source }) => {
    const callers = [get(), get()];
    source.fail(1);
    for (const caller of callers) await expect(caller).rejects.toThrow('attempt 1');
    expect(source.attempts).toHaveLength(1);
  });

  test('C7 is tried again by each caller after it failed, and its failure ends no process', async ({ get, source }) => {
    source.fail(1);
    await new Promise(setImmediate);
    const second = get();
    source.fail(2);
    await expect(second).rejects.toThrow('attempt 2');
    const third = get();
    source.answer(3, 'one');
    expect(await third).toEqual(ONE);
    expect(source.attempts).toHaveLength(3);
  });
});

describe('a reading', () => {
  test('is fresh for less than 60 seconds', async ({ clock, getAfterOne, source }) => {
    clock.seconds += 59.999;
    expect(await getAfterOne()).toEqual(ONE);
    expect(source.attempts).toHaveLength(1);
  });

  test('is read again at an age of 60 seconds, once for all callers, and they wait', async ({
    clock,
    getAfterOne,
    source,
  }) => {
    clock.seconds += 60;
    const callers = Promise.all([getAfterOne(), getAfterOne()]);
    source.answer(2, 'two');
    expect(await callers).toEqual([TWO, TWO]);
    expect(source.attempts).toHaveLength(2);
  });

  test('has another age if the source says so', async ({ clock, source }) => {
    const get = createRefreshed({ read: source.read, now: () => clock.seconds * 1_000, refreshSeconds: 1 });
    source.answer(1, 'one');
    expect(await get()).toEqual(ONE);
    clock.seconds += 0.999;
    expect(await get()).toEqual(ONE);
    clock.seconds += 0.001;
    const again = get();
    source.answer(2, 'two');
    expect(await again).toEqual(TWO);
  });

  test('counts its age from the beginning of its attempt', async ({ clock, get, source }) => {
    clock.seconds += 30;
    source.answer(1, 'one');
    expect(await get()).toEqual(ONE);
    clock.seconds += 30;
    const second = get();
    source.answer(2, 'two');
    expect(await second).toEqual(TWO);
  });

  test('is read again if the clock was set back', async ({ clock, getAfterOne, source }) => {
    clock.seconds -= 1;
    const second = getAfterOne();
    source.answer(2, 'two');
    expect(await second).toEqual(TWO);
    expect(await getAfterOne()).toEqual(TWO);
  });
});

describe('C7 a source that fails later', () => {
  test('is asked once in 60 seconds, and the last reading serves meanwhile', async ({ clock, getAfterOne, source }) => {
    clock.seconds += 60;
    const second = getAfterOne();
    source.fail(2);
    expect(await second).toEqual(OLD);
    clock.seconds += 59.999;
    expect(await getAfterOne()).toEqual(OLD);
    expect(source.attempts).toHaveLength(2);
    clock.seconds += 0.001;
    const third = getAfterOne();
    source.answer(3, 'two');
    expect(await third).toEqual(TWO);
  });

  test('is not needed for less than 600 seconds after the last successful reading', async ({
    clock,
    getAfterOne,
    source,
  }) => {
    clock.seconds += 599.999;
    const last = getAfterOne();
    source.fail(2);
    expect(await last).toEqual(OLD);
    clock.seconds += 0.001;
    for (const number of [3, 4]) {
      const without = getAfterOne();
      source.fail(number);
      await expect(without).rejects.toThrow(`attempt ${number}`);
    }
    expect(source.attempts).toHaveLength(4);
  });

  test('has no value if the 600 seconds end while it is asked', async ({ clock, getAfterOne, source }) => {
    clock.seconds += 599;
    const last = getAfterOne();
    clock.seconds += 1;
    source.fail(2);
    await expect(last).rejects.toThrow('attempt 2');
  });
});

describe('a process that was frozen', () => {
  test('during its first attempt does not trust it after 60 seconds', async ({ clock, get, source }) => {
    const caller = get();
    clock.seconds += 60;
    source.answer(1, 'one');
    await expect.poll(() => source.attempts.length).toBe(2);
    source.answer(2, 'two');
    expect(await caller).toEqual(TWO);
  });

  test('gives up an attempt that began 60 seconds ago, whatever it still answers', async ({ clock, get, source }) => {
    clock.seconds += 3_600;
    const caller = get();
    expect(source.attempts).toHaveLength(2);
    source.answer(2, 'two');
    expect(await caller).toEqual(TWO);
    source.answer(1, 'one');
    await new Promise(setImmediate);
    expect(await get()).toEqual(TWO);
  });

  test('shares an attempt that began less than 60 seconds ago', async ({ clock, get, source }) => {
    clock.seconds += 59.999;
    const caller = get();
    expect(source.attempts).toHaveLength(1);
    source.answer(1, 'one');
    expect(await caller).toEqual(ONE);
  });

  test('with a usable list makes no second attempt in 60 seconds', async ({ clock, getAfterOne, source }) => {
    clock.seconds += 60;
    const hanging = getAfterOne();
    clock.seconds += 59.999;
    const sharing = getAfterOne();
    expect(source.attempts).toHaveLength(2);
    clock.seconds += 0.001;
    const own = getAfterOne();
    expect(source.attempts).toHaveLength(3);
    source.answer(3, 'two');
    expect(await own).toEqual(TWO);
    source.fail(2);
    expect(await Promise.all([hanging, sharing])).toEqual([TWO, TWO]);
  });
});
