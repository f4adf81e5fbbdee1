/** The part of `fetch` that the clients use. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What a client takes from its run time, so that a test can replace it. */
export interface Platform {
  readonly fetch: Fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A random number from 0 to less than 1. */
  readonly random: () => number;
  /** Resolves after a time. Rejects with the reason of the signal as soon as it is aborted. */
  readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

const wait: Platform['wait'] = async (milliseconds, signal) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await untilAborted(waited, signal);
  } finally {
    // After an abort it would keep the program from its end.
    clearTimeout(timer);
  }
};

/** The run time itself: Node, Deno, Bun or a worker. */
export const PLATFORM: Platform = {
  // Not `fetch` itself: a test or a proxy may replace the global later, and workers refuse a call as a method.
  fetch: (url, init) => fetch(url, init),
  now: () => Date.now(),
  random: () => Math.random(),
  wait,
};

/** Resolves as `promise` does, or rejects with the reason of the signal as soon as it is aborted. */
export const untilAborted = async <T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> => {
  if (signal === undefined) return promise;
  // A rejection after the abort has nobody to handle it.
  promise.catch(() => {});
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
};
