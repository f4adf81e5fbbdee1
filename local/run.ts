/** Something that runs until its work is over or it is told to stop. */
export interface Running {
  /** @returns the exit code, or `stay` to go on until a signal */
  work(): Promise<number | 'stay'>;
  stop(): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A signal may come twice, from the terminal and from npm; one that comes later than this means "now". */
const IMPATIENCE_MS = 2_000;
const PARENT_CHECK_MS = 200;

/**
 * Runs a program of this folder: Ctrl-C, SIGTERM and the end of npm, where npm started it, end it in good order; an
 * error is one sentence, and exit code 1.
 */
export const runUntilStopped = (start: (signal: AbortSignal) => Promise<Running>): void => {
  // The SDK advises a newer Node: only this program runs on the developer's own, the functions on that of Lambda.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const stopping = new AbortController();
  const told = new Promise<0>((resolve) => stopping.signal.addEventListener('abort', () => resolve(0)));
  let toldAt = 0;
  const stop = (): void => {
    if (stopping.signal.aborted && performance.now() - toldAt > IMPATIENCE_MS) process.exit(1);
    if (stopping.signal.aborted) return;
    toldAt = performance.now();
    stopping.abort();
  };
  for (const name of SIGNALS) process.on(name, stop);
  if (process.env.npm_lifecycle_event) watchParent(stop);

  const run = async (): Promise<number> => {
    const running = await start(stopping.signal);
    try {
      const outcome = await Promise.race([running.work(), told]);
      return outcome === 'stay' ? await told : outcome;
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

/** npm passes a signal on to its shell, and cannot pass on that it was killed. */
const watchParent = (ended: () => void): void => {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, PARENT_CHECK_MS);
  timer.unref();
};
