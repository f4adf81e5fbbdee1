// What Node has for both, `node:timers/promises` and `performance`, makes a cold start a millisecond longer.

/** Comes back after so many milliseconds. */
export const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** Milliseconds since some moment, never set back: for durations only. */
export const monotonicMilliseconds = (): number => Number(process.hrtime.bigint()) / 1e6;
