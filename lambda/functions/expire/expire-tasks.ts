import { LOOK_BACK_SECONDS } from '../../contract/limits.ts';
import { inSeconds } from '../../contract/task.ts';
import { concurrently } from '../../shared/concurrently.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { DueProgress } from '../../shared/tables/due-progress.ts';
import type { DueCursor, DueEntry, DueRange, DueTaskStore, ExpiryResult, PendingTask } from './due-task-store.ts';

export interface ExpirerOptions {
  readonly store: DueTaskStore;
  /** Number of shards of the index. */
  readonly indexShards: number;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** With less time left than this, a run begins no new work: a slow request could need all of it. Milliseconds. */
export const RESERVE_MILLISECONDS = 5_000;

/** Concurrent shards, and concurrent tasks of each. Their product is below the number of connections of the client. */
const CONCURRENT_SHARDS = 8;
const CONCURRENT_TASKS = 6;

/** Failures with a log line each. More failures are only counted. */
const MAX_LOGGED_FAILURES = 10;

/**
 * Expires every pending task that is overdue. A closed task stays in the index, so a run looks only at entries that are due
 * since the last run, and at those that the index may have shown late. What a run did not finish, the next run does.
 * @param remaining returns the milliseconds that are left for this run
 * @throws {Error} if some tasks or shards failed, so that the scheduler runs it again. All others are done.
 */
export type Expirer = (remaining: () => number) => Promise<void>;

export const createExpirer = ({ indexShards, logger, now, store }: ExpirerOptions): Expirer => {
  return async (remaining) => {
    const seconds = inSeconds(now());
    const results: Record<ExpiryResult, number> = { expired: 0, rescheduled: 0, missing: 0 };
    let entries = 0;
    let failures = 0;
    let unfinished = 0;

    const isTimeUp = () => remaining() < RESERVE_MILLISECONDS;
    const fail = (ids: { readonly shard?: number; readonly taskId?: string }, error: unknown) => {
      failures += 1;
      if (failures <= MAX_LOGGED_FAILURES) logger.error('not expired', { ...ids, reason: describeError(error) });
    };

    /** Returns false if the task is left for a later run. */
    const expireTask = async (task: PendingTask, shard: number): Promise<boolean> => {
      if (isTimeUp()) {
        unfinished += 1;
        return false;
      }
      try {
        results[await store.expire(task, seconds)] += 1;
        return true;
      } catch (error) {
        fail({ shard, taskId: task.taskId }, error);
        return false;
      }
    };

    /** Returns the time of the earliest task that is left for a later run; `Infinity` if all are done. */
    const expirePage = async (page: readonly DueEntry[], shard: number): Promise<number> => {
      let left = Number.POSITIVE_INFINITY;
      await concurrently(await store.keepPending(page), CONCURRENT_TASKS, async (task) => {
        if (!(await expireTask(task, shard))) left = Math.min(left, task.due);
      });
      return left;
    };

    /** Works on the entries of a range, the earliest first. Returns the time up to which all of them are done. */
    const work = async (range: DueRange): Promise<number> => {
      let done = range.after;
      let left = Number.POSITIVE_INFINITY;
      let from: DueCursor | undefined;
      do {
        if (isTimeUp()) {
          unfinished += 1;
          break;
        }
        try {
          const page = await store.findDue(range, from);
          entries += page.entries.length;
          left = Math.min(left, await expirePage(page.entries, range.shard));
          from = page.next;
          // The next page may begin with the same second.
          done = from === undefined ? range.until : Math.max(done, (page.entries.at(-1)?.due ?? done) - 1);
        } catch (error) {
          fail({ shard: range.shard }, error);
          break;
        }
      } while (from !== undefined);
      return Math.max(range.after, Math.min(done, left - 1));
    };

    const expireShard = async (shard: number, before: DueProgress | undefined): Promise<DueProgress> => {
      const { late, recent } = LOOK_BACK_SECONDS;
      if (before === undefined) {
        // Each entry that is old enough now needs no second look.
        const reached = await work({ shard, after: 0, until: seconds });
        return { recent: reached, late: Math.max(0, reached - late) };
      }
      const reached = await work({ shard, after: before.recent - recent, until: seconds });
      const until = Math.min(before.recent, seconds - late);
      return {
        recent: Math.max(before.recent, reached),
        late: until <= before.late ? before.late : await work({ shard, after: before.late, until }),
      };
    };

    const progresses = new Map(await store.readProgress());
    await concurrently(shardsFrom(Math.floor(seconds / 60), indexShards), CONCURRENT_SHARDS, async (shard) => {
      progresses.set(shard, await expireShard(shard, progresses.get(shard)));
    });
    try {
      await store.writeProgress(progresses);
    } catch (error) {
      // The next run does the same work again.
      fail({}, error);
    }

    const isComplete = failures === 0 && unfinished === 0;
    const { expired, missing, rescheduled } = results;
    const fields = { entries, expired, rescheduled, missing, failures, complete: isComplete };
    logger[failures === 0 ? 'info' : 'error']('expired', fields, [{ metric: 'TaskExpired', value: expired }]);
    if (failures > 0)
      throw new Error(`${failures} due tasks or shards could not be worked on, or the progress could not be stored.`);
  };
};

/** Returns every shard once. Each minute begins with another shard, so that a lack of time does not always hit the same. */
const shardsFrom = (turn: number, indexShards: number): readonly number[] =>
  Array.from({ length: indexShards }, (_, i) => (turn + i) % indexShards);
