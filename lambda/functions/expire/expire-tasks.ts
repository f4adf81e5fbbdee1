import { inSeconds } from '../../contract/task.ts';
import { concurrently } from '../../shared/concurrently.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { DueCursor, DueTask, DueTaskStore, ExpiryResult } from './due-task-store.ts';

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
 * Expires every pending task that is overdue.
 * @param remaining returns the milliseconds that are left for this run
 * @throws {Error} if some tasks or shards failed, so that the scheduler runs it again. All others are done.
 */
export type Expirer = (remaining: () => number) => Promise<void>;

export const createExpirer = ({ indexShards, logger, now, store }: ExpirerOptions): Expirer => {
  return async (remaining) => {
    const seconds = inSeconds(now());
    const results: Record<ExpiryResult, number> = { expired: 0, rescheduled: 0, missing: 0 };
    let failures = 0;
    let unfinished = 0;

    const isTimeUp = () => remaining() < RESERVE_MILLISECONDS;
    const fail = (ids: { readonly shard: number; readonly taskId?: string }, error: unknown) => {
      failures += 1;
      if (failures <= MAX_LOGGED_FAILURES) logger.error('not expired', { ...ids, reason: describeError(error) });
    };

    const expireTask = async (task: DueTask, shard: number): Promise<void> => {
      if (isTimeUp()) {
        unfinished += 1;
        return;
      }
      try {
        results[await store.expire(task, seconds)] += 1;
      } catch (error) {
        fail({ shard, taskId: task.taskId }, error);
      }
    };

    const expireShard = async (shard: number): Promise<void> => {
      let from: DueCursor | undefined;
      do {
        if (isTimeUp()) {
          unfinished += 1;
          return;
        }
        try {
          const { next, tasks } = await store.findDue(shard, seconds, from);
          await concurrently(tasks, CONCURRENT_TASKS, (task) => expireTask(task, shard));
          from = next;
        } catch (error) {
          fail({ shard }, error);
          return;
        }
      } while (from !== undefined);
    };

    await concurrently(shardsFrom(Math.floor(seconds / 60), indexShards), CONCURRENT_SHARDS, expireShard);

    const isComplete = failures === 0 && unfinished === 0;
    const { expired, missing, rescheduled } = results;
    const fields = { expired, rescheduled, missing, failures, complete: isComplete };
    logger[failures === 0 ? 'info' : 'error']('expired', fields, [{ metric: 'TaskExpired', value: expired }]);
    if (failures > 0) throw new Error(`${failures} due tasks or shards could not be worked on.`);
  };
};

/** Returns every shard once. Each minute begins with another shard, so that a lack of time does not always hit the same. */
const shardsFrom = (turn: number, indexShards: number): readonly number[] =>
  Array.from({ length: indexShards }, (_, i) => (turn + i) % indexShards);
