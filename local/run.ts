/** A program that runs until its work is done or a signal stops it. */
export interface Running {
  /** @returns the exit code, or `stay` to go on until a signal */
  work(): Promise<number | 'stay'>;
  stop(): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The terminal and npm may both send a signal. A further one after this time ends the process at once. */
const IMPATIENCE_MS = 2_000;
const PARENT_CHECK_MS = 200;

/**
 * Runs a program of this folder. Ctrl-C, SIGTERM and the end of its parent npm stop it in order. An error prints its message
 * and gives exit code 1.
 */
export const runUntilStopped = (start: (signal: AbortSignal) => Promise<Running>): void => {
  // Silences advice of the SDK about the Node version: the functions run on the version of Lambda.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const stopping = new AbortController();
  const stopped = new Promise<0>((resolve) => stopping.signal.addEventListener('abort', () => resolve(0)));
  let stoppedAt = 0;
  const stop = (): void => {
    if (stopping.signal.aborted && performance.now() - stoppedAt > IMPATIENCE_MS) process.exit(1);
    if (stopping.signal.aborted) return;
    stoppedAt = performance.now();
    stopping.abort();
  };
  for (const name of SIGNALS) process.on(name, stop);
  if (process.env.npm_lifecycle_event) watchParent(stop);
  // "postern dev" has a channel to this process. The channel ends with it, also if it is killed.
  if (process.connected) process.once('disconnect', stop);

  const run = async (): Promise<number> => {
    const running = await start(stopping.signal);
    try {
      const outcome = await Promise.race([running.work(), stopped]);
      return outcome === 'stay' ? await stopped : outcome;
    } finally {
      await running.stop();
    }
  };
  run().then(
    (code) => process.exit(code),
    (error: unknown) => {
      if (stopping.signal.aborted) process.exit(0);
      console.error(error instanceof Error ? error.message : String(error));
      process.exit(1);
    },
  );
};

/** Calls `ended` when the parent has ended. npm forwards signals, but not that it was killed. */
const watchParent = (ended: () => void): void => {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, PARENT_CHECK_MS);
  timer.unref();
};
