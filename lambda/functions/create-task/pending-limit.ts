import type { Application } from '../../contract/applications.ts';
import { PENDING_COUNT } from '../../contract/limits.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';

export interface PendingLimitOptions {
  readonly store: {
    /**
     * Returns the number of pending tasks of an application, or `enough` if there are as many or more. Rejects if the table
     * is unavailable.
     */
    countPending(application: string, enough: number): Promise<number>;
  };
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The limit of pending tasks of an application. */
export interface PendingLimit {
  /**
   * Refuses if the application has as many pending tasks as it may have. Requests at the same time do not see each other.
   * @throws {RefusalError} with `unavailable` if the table is unavailable
   */
  check(application: Application): Promise<Refusal | undefined>;
  /** Notes that a task was created. */
  noteCreated(application: Application): void;
}

/** A count, and the tasks that this process has created since it began. */
interface Count {
  readonly pending: Promise<number>;
  /** Milliseconds since 1970. */
  readonly at: number;
  created: number;
}

/**
 * Creates the limit. Up to 100 pending tasks it counts for each task. Above, one count serves for some seconds, together
 * with the tasks that this process creates; before a refusal it counts again.
 */
export const createPendingLimit = ({ now, store }: PendingLimitOptions): PendingLimit => {
  const counts = new Map<string, Count>();

  const count = ({ id }: Application, limit: number): Count => {
    const begun: Count = { pending: store.countPending(id, limit), at: now(), created: 0 };
    counts.set(id, begun);
    // A failed count serves nobody else.
    begun.pending.catch(() => counts.get(id) === begun && counts.delete(id));
    return begun;
  };

  const estimate = async (one: Count): Promise<number> => (await one.pending) + one.created;

  const mayReuse = (one: Count | undefined, limit: number): one is Count =>
    one !== undefined && limit > PENDING_COUNT.exactUpTo && now() - one.at < PENDING_COUNT.cacheMilliseconds;

  const hasRoom = async (application: Application, limit: number): Promise<boolean> => {
    const known = counts.get(application.id);
    if (mayReuse(known, limit) && (await estimate(known)) < limit) return true;
    return (await estimate(count(application, limit))) < limit;
  };

  return {
    check: async (application) => {
      const { pendingLimit } = application;
      if (pendingLimit === null || (await orUnavailable('tasks table', hasRoom(application, pendingLimit)))) {
        return undefined;
      }
      return refuse('too_many_pending', `the application has ${pendingLimit} pending tasks or more`);
    },

    noteCreated: ({ id }) => {
      const known = counts.get(id);
      if (known !== undefined) known.created += 1;
    },
  };
};
