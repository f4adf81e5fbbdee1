/** Registers a clean-up. It runs at the end of the scope, in reverse order. */
export type Defer = (close: () => unknown) => void;

/** Runs the work, and then every clean-up that it has deferred, even if the work has failed. */
export const scope = async <T>(work: (defer: Defer) => Promise<T>): Promise<T> => {
  const closers: (() => unknown)[] = [];
  try {
    return await work((close) => closers.push(close));
  } finally {
    for (const close of closers.reverse()) await close();
  }
};
