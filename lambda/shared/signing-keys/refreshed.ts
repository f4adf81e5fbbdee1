import { SIGNING_KEY_SECONDS } from '../../contract/signing-keys.ts';

export interface Reading<T> {
  readonly value: T;
  /** False if the source did not answer and the value is older than `refreshSeconds`: newer changes may be missing. */
  readonly isFresh: boolean;
}

/** Returns the last reading. It is fresh, or the source did not answer. */
export type GetReading<T> = () => Promise<Reading<T>>;

export interface RefreshedOptions<T> {
  readonly read: () => Promise<T>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Age at which a reading is no longer fresh. @default 60 */
  readonly refreshSeconds?: number;
}

interface Attempt {
  /** Milliseconds since 1970. */
  readonly beganAt: number;
  /** Rejects with the error of the source. */
  readonly done: Promise<void>;
  failed: boolean;
}

interface LastReading<T> {
  readonly value: T;
  readonly attempt: Attempt;
}

const USABLE_MILLISECONDS = SIGNING_KEY_SECONDS.usable * 1_000;

/**
 * Reads a value at once, keeps it, and reads it again when a caller asks and the last reading is not fresh. Callers at the
 * same time share one attempt. While the last reading is usable, there is at most one attempt in `refreshSeconds`. Otherwise
 * each caller after a failure makes one.
 *
 * Lambda can freeze a process at any time. So the age of a reading counts from the beginning of its attempt, and is looked at
 * again when the attempt has ended.
 * @throws the error of the source, if it does not answer and there is no reading from the last 10 minutes
 */
export const createRefreshed = <T>(options: RefreshedOptions<T>): GetReading<T> => {
  const { now, read, refreshSeconds = SIGNING_KEY_SECONDS.refresh } = options;
  let last: LastReading<T> | undefined;

  /** A clock that was set back makes an attempt too old. */
  const isYounger = ({ beganAt }: Attempt, milliseconds: number): boolean => {
    const age = now() - beganAt;
    return age >= 0 && age < milliseconds;
  };
  const isRecent = (attempt: Attempt): boolean => isYounger(attempt, refreshSeconds * 1_000);

  const begin = (): Attempt => {
    const attempt: Attempt = {
      beganAt: now(),
      failed: false,
      done: read().then(
        (value) => {
          // An attempt that was too old when a caller came was given up. It may still end.
          if (attempt === latest) last = { value, attempt };
        },
        (error) => {
          attempt.failed = true;
          throw error;
        },
      ),
    };
    // Callers get the failure. Without this handler, a failure before the first call would end the process.
    attempt.done.catch(() => undefined);
    return attempt;
  };
  let latest = begin();

  const findUsable = (): Reading<T> | undefined =>
    last !== undefined && isYounger(last.attempt, USABLE_MILLISECONDS)
      ? { value: last.value, isFresh: isRecent(last.attempt) }
      : undefined;

  const getReading: GetReading<T> = async () => {
    const reading = findUsable();
    if (reading?.isFresh) return reading;
    if (!isRecent(latest) || (latest.failed && reading === undefined)) latest = begin();
    try {
      await latest.done;
    } catch (error) {
      const older = findUsable();
      if (older === undefined) throw error;
      return older;
    }
    // After a freeze, the reading may be old already.
    return getReading();
  };
  return getReading;
};
