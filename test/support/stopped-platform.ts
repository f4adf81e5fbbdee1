import { PLATFORM, type Platform } from '../../sdk/shared/platform.ts';
import { NOW } from './tokens.ts';

/** A run time whose clock moves only by the waits, which end at once. Its random number is always a half. */
export interface StoppedPlatform extends Platform {
  /** Milliseconds of every wait. */
  readonly waits: readonly number[];
  /** Moves the clock. */
  pass(seconds: number): void;
}

export const aStoppedPlatform = (): StoppedPlatform => {
  const waits: number[] = [];
  let now = NOW * 1_000;
  return {
    ...PLATFORM,
    waits,
    now: () => now,
    random: () => 0.5,
    wait: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      waits.push(milliseconds);
      now += milliseconds;
    },
    pass: (seconds) => {
      now += seconds * 1_000;
    },
  };
};
