import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import { concurrently } from './concurrently.ts';
import type { DueTask, DueTaskStore, ExpiryResult } from './due-task-store.ts';

export interface ExpirerOptions {
  readonly store: DueTaskStore;
  /** Partitions of the index. */
  readonly indexShards: number;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A run stops beginning new work when so little time is left that a slow store could take it all, in milliseconds. */
export const RESERVE_MILLISECONDS = 5_000;

/** Together below the number of connections that the client keeps. */
const SHARDS_AT_ONCE = 8;
const TASKS_AT_ONCE = 6;

/** Failures that are logged one by one; the rest are counted. */
const MAX_LOGGED_FAILURES = 10;

/**
 * Expires every pending task whose time is over.
 * @param remaining milliseconds that this run may still take
 * @throws {Error} when a task or a shard could not be worked on: the scheduler then runs it again. The others are done.
 */
export type Expirer = (remaining: () => number) => Promise<void>;

export const createExpirer = ({ indexShards, logger, now, store }: ExpirerOptions): Expirer => {
  return async (remaining) => {
    const seconds = Math.floor(now() / 1000);
    const settled: Record<ExpiryResult, number> = { expired: 0, moved: 0, gone: 0 };
    let failures = 0;
    let unfinished = 0;

    const isTimeUp = () => remaining() < RESERVE_MILLISECONDS;
    const fail = (where: { readonly shard: number; readonly taskId?: string }, error: unknown) => {
      failures += 1;
      if (failures <= MAX_LOGGED_FAILURES) logger.error('not expired', { ...where, reason: describeError(error) });
    };

    const settle = async (task: DueTask, shard: number): Promise<void> => {
      if (isTimeUp()) {
        unfinished += 1;
        return;
      }
      try {
        settled[await store.settle(task, seconds)] += 1;
      } catch (error) {
        fail({ shard, taskId: task.taskId }, error);
      }
    };

    const work = async (shard: number): Promise<void> => {
      let from: Parameters<DueTaskStore['findDue']>[2];
      do {
        if (isTimeUp()) {
          unfinished += 1;
          return;
        }
        try {
          const { next, tasks } = await store.findDue(shard, seconds, from);
          await concurrently(tasks, TASKS_AT_ONCE, (task) => settle(task, shard));
          from = next;
        } catch (error) {
          fail({ shard }, error);
          return;
        }
      } while (from !== undefined);
    };

    await concurrently(shardsFrom(Math.floor(seconds / 60), indexShards), SHARDS_AT_ONCE, work);

    const { expired, gone, moved } = settled;
    const fields = { expired, moved, gone, failures, complete: failures === 0 && unfinished === 0 };
    logger[failures === 0 ? 'info' : 'error']('expired', fields, [{ metric: 'TaskExpired', value: expired }]);
    if (failures > 0) throw new Error(`${failures} due tasks or shards could not be worked on.`);
  };
};

/** Every shard once, beginning with another one each minute: where time runs out, it is not always the same that wait. */
const shardsFrom = (turn: number, indexShards: number): readonly number[] =>
  Array.from({ length: indexShards }, (_, i) => (turn + i) % indexShards);
