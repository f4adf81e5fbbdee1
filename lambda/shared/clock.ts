// `node:timers/promises` and `performance` would do the same, but make a cold start a millisecond longer.

/** Resolves after a number of milliseconds. */
export const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** Milliseconds of a clock that is never set back. Its zero has no meaning: use it for durations only. */
export const monotonicMilliseconds = (): number => Number(process.hrtime.bigint()) / 1e6;
