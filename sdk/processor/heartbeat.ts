import { CallbackError } from './callback-error.ts';
import type { ProcessorPlatform } from './platform.ts';

export interface HeartbeatOptions {
  /** A third of the task's `heartbeat`, so that two can be lost. */
  readonly everySeconds: number;
  /** Gets the error of a report that failed, for example to log it. */
  readonly onError?: (error: unknown) => void;
}

export interface Heartbeat {
  /** Sends no further sign of life. */
  stop(): void;
}

/** Statuses after which no further report is taken. */
const FINAL_STATUSES = [401, 403, 404, 409, 410];

/**
 * Reports at once and then after each interval, until it is stopped or a report is refused for good. Other failures are
 * ignored: the next report may succeed.
 * @throws {TypeError} if the interval is not at least one second
 */
export const startHeartbeat = (
  { everySeconds, onError }: HeartbeatOptions,
  { now, waitIdly }: Pick<ProcessorPlatform, 'now' | 'waitIdly'>,
  report: (signal: AbortSignal) => Promise<unknown>,
): Heartbeat => {
  if (!(everySeconds >= 1 && Number.isFinite(everySeconds))) {
    throw new TypeError(`everySeconds is ${everySeconds}; expected a number of seconds, at least 1.`);
  }
  const controller = new AbortController();
  const { signal } = controller;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const startedAt = now();
      try {
        await report(signal);
      } catch (error) {
        if (signal.aborted) return;
        onError?.(error);
        if (error instanceof CallbackError && (error.giveUp || FINAL_STATUSES.includes(error.status ?? 0))) return;
      }
      await waitIdly(Math.max(0, everySeconds * 1_000 - (now() - startedAt)), signal);
    }
  };
  void run();
  return { stop: () => controller.abort() };
};
