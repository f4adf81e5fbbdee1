import { SIGNING_KEY_SECONDS } from '../../contract/signing-keys.ts';

/** A value, and the time at which its reading began, in milliseconds since 1970. */
export interface Reading<T> {
  readonly value: T;
  readonly readAt: number;
}

/** Returns the last reading. It is fresh, or the source did not answer. */
export type GetReading<T> = () => Promise<Reading<T>>;

export interface RefreshedOptions<T> {
  readonly read: () => Promise<T>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const REFRESH_MILLISECONDS = SIGNING_KEY_SECONDS.refresh * 1_000;
const USABLE_MILLISECONDS = SIGNING_KEY_SECONDS.usable * 1_000;

/** Age of a reading. A clock that went back makes it too old to trust. */
const ageOf = (readAt: number, now: number): number => (now < readAt ? Number.POSITIVE_INFINITY : now - readAt);

/** True if nothing that changed more than `refresh` seconds ago is missing. @param now milliseconds since 1970 */
export const isFresh = ({ readAt }: Pick<Reading<unknown>, 'readAt'>, now: number): boolean =>
  ageOf(readAt, now) < REFRESH_MILLISECONDS;

/**
 * Reads a value at once, keeps it, and reads it again when a caller asks and the last reading is not fresh. Callers at the
 * same time share one reading. A reading that fails is repeated at most once a minute while the last one is usable, and for
 * each caller otherwise. A process can be frozen during a reading, so the age counts from its beginning.
 * @throws the error of the source, if it does not answer and there is no usable reading
 */
export const createRefreshed = <T>({ now, read }: RefreshedOptions<T>): GetReading<T> => {
  let last: Reading<T> | undefined;
  let attempt: Promise<void> | undefined;
  let attemptedAt = 0;

  const begin = (): Promise<void> => {
    const readAt = now();
    attemptedAt = readAt;
    const current = read()
      .then((value) => {
        last = { value, readAt };
      })
      .finally(() => {
        attempt = undefined;
      });
    // Callers get the failure. Without this handler, a failure before the first call would end the process.
    current.catch(() => undefined);
    attempt = current;
    return current;
  };

  /** Waits for a reading that began before this call, so that its age decides whether another one is needed. */
  const settle = async () => {
    try {
      await attempt;
    } catch {
      // The next reading decides.
    }
  };

  begin();
  return async () => {
    await settle();
    if (last !== undefined && isFresh(last, now())) return last;
    const isUsable = last !== undefined && ageOf(last.readAt, now()) < USABLE_MILLISECONDS;
    if (last !== undefined && isUsable && ageOf(attemptedAt, now()) < REFRESH_MILLISECONDS) return last;
    try {
      await (attempt ?? begin());
    } catch (error) {
      if (last === undefined || !isUsable) throw error;
    }
    return last as unknown as Reading<T>;
  };
};
