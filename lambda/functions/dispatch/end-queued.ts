import { concurrently } from '../../shared/concurrently.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { DispatchTask } from './dispatch-task.ts';
import type { QueuedPage, QueuedTasks } from './queued-tasks.ts';

export interface EndQueuedOptions {
  readonly indexShards: number;
  readonly tasks: QueuedTasks;
  /** Fails the dispatch of a task whose processor is not in the registry, or has no `dispatch` there. */
  readonly dispatchTask: DispatchTask;
  readonly logger: Logger;
  /** Milliseconds. A run begins no new page with less time left. */
  readonly reserve: number;
}

/** Sums of a run. */
export interface EndedQueued {
  readonly ended: number;
  /** Tasks whose attempt is still under way. */
  readonly waiting: number;
  readonly failures: number;
  /** Shards that are left for a later run. */
  readonly unfinished: number;
}

/**
 * Ends the queued tasks of a processor that no work is sent to any more, also those whose next attempt is due later. It needs no
 * queue, because the queue of such a processor was deleted with its settings.
 * @param now seconds since 1970
 * @param remaining returns the milliseconds that are left for this run
 */
export type EndQueued = (processor: string, now: number, remaining: () => number) => Promise<EndedQueued>;

const CONCURRENT_SHARDS = 8;
const CONCURRENT_TASKS = 5;

export const createEndQueued =
  ({ dispatchTask, indexShards, logger, reserve, tasks }: EndQueuedOptions): EndQueued =>
  async (processor, now, remaining) => {
    const sums = { ended: 0, waiting: 0, failures: 0, unfinished: 0 };

    const endPage = async (page: QueuedPage): Promise<void> => {
      // Nobody waits for an attempt that is never made.
      const due = page.tasks.map((task) => ({ ...task, dispatchAt: Math.min(task.dispatchAt, now) }));
      const messages = await tasks.messagesOf(due, now);
      sums.waiting += due.length - messages.length;
      await concurrently(messages, CONCURRENT_TASKS, async (message) => {
        try {
          await dispatchTask(message);
          sums.ended += 1;
        } catch (error) {
          sums.failures += 1;
          logger.error('queued task not ended', { taskId: message.taskId, processor, error: describeError(error) });
        }
      });
    };

    const endShard = async (shard: number): Promise<void> => {
      let from: QueuedPage['next'];
      do {
        if (remaining() < reserve) {
          sums.unfinished += 1;
          return;
        }
        const page = await tasks.page(processor, shard, from);
        await endPage(page);
        from = page.next;
      } while (from !== undefined);
    };

    const shards = Array.from({ length: indexShards }, (_, shard) => shard);
    await concurrently(shards, CONCURRENT_SHARDS, async (shard) => {
      try {
        await endShard(shard);
      } catch (error) {
        sums.failures += 1;
        logger.error('shard not swept', { processor, shard, error: describeError(error) });
      }
    });
    if (Object.values(sums).some((sum) => sum > 0)) {
      logger.info('no work is sent to the processor any more', { processor, ...sums });
    }
    return sums;
  };
