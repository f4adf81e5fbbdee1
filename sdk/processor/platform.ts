import { PLATFORM, type Platform } from '../shared/platform.ts';

/** What callbacks take from their run time, so that a test can replace it. */
export interface ProcessorPlatform extends Platform {
  /** A text that was never used before. */
  readonly unique: () => string;
  /**
   * Resolves after a time, or as soon as the signal is aborted. A program that has nothing else to do may end meanwhile.
   */
  readonly waitIdly: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export const PROCESSOR_PLATFORM: ProcessorPlatform = {
  ...PLATFORM,
  unique: () => crypto.randomUUID(),
  waitIdly: (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      // In workers a timer is a number.
      timer.unref?.();
      signal.addEventListener('abort', end);
    }),
};
