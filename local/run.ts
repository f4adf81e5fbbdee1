/** Something that runs until its work is over or it is told to stop. */
export interface Running {
  /** @returns the exit code, or `stay` to go on until a signal */
  work(): Promise<number | 'stay'>;
  stop(): Promise<void>;
}

/**
 * Runs a program of this folder: Ctrl-C and SIGTERM end it in good order, a second one at once; an error is one
 * sentence, and exit code 1.
 */
export const runUntilStopped = (start: (signal: AbortSignal) => Promise<Running>): void => {
  const stopping = new AbortController();
  const told = new Promise<0>((resolve) => stopping.signal.addEventListener('abort', () => resolve(0)));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(1);
      stopping.abort();
    });
  }
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
