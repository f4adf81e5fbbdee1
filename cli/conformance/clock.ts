/** The time of a run. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set back. */
  readonly elapsed: () => number;
  /** Calls `work` after a time. @returns a function that cancels the call */
  readonly after: (milliseconds: number, work: () => void) => () => void;
}

/** Longest delay of a timer of Node. */
const MAX_DELAY_MILLISECONDS = 2 ** 31 - 1;

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after: (milliseconds, work) => {
    const timer = setTimeout(work, Math.min(Math.max(0, milliseconds), MAX_DELAY_MILLISECONDS));
    return () => clearTimeout(timer);
  },
};
