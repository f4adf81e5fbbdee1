import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DispatchMessage, DispatchSettings, SweepRequest } from '../../contract/dispatch.ts';
import { SWEEP_AFTER_SECONDS } from '../../contract/dispatch-limits.ts';
import type { Registry } from '../../contract/registry.ts';
import { inSeconds } from '../../contract/task.ts';
import { MAX_BATCH_MESSAGES } from '../../shared/aws/send-batch.ts';
import { concurrently } from '../../shared/concurrently.ts';
import type { DispatchQueues } from '../../shared/dispatch/dispatch-queues.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { BreakerStore } from './breaker-store.ts';
import { latestAttemptOf } from './plan.ts';
import type { QueuedTask, QueuedTasks } from './queued-tasks.ts';

export interface SweepOptions {
  readonly registry: Registry;
  readonly indexShards: number;
  readonly tasks: QueuedTasks;
  readonly breakers: Pick<BreakerStore, 'read'>;
  readonly queues: DispatchQueues;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Queues again what is overdue: then no crash and no lost message loses a task. A message that is sent twice changes nothing.
 * @param remaining returns the milliseconds that are left for this run
 * @throws {Error} if some shards or messages failed, so that the scheduler runs it again
 */
export type Sweep = (request: SweepRequest, remaining: () => number) => Promise<void>;

/** With less time left than this, a run begins no new page. Milliseconds. */
const RESERVE_MILLISECONDS = 5_000;

const CONCURRENT_SHARDS = 8;

export const createSweep = (options: SweepOptions): Sweep => {
  const { breakers, indexShards, logger, now, queues, registry, tasks } = options;

  const sweepProcessor = async (
    processor: string,
    settings: DispatchSettings,
    all: boolean,
    remaining: () => number,
  ) => {
    const { paused } = await breakers.read(processor);
    const seconds = inSeconds(now());
    let queued = 0;
    let failures = 0;
    let oldest: number | undefined;

    /** A paused processor gets no attempts. A task whose time is over fails all the same. */
    const isWanted = (task: QueuedTask): boolean => paused === undefined || latestAttemptOf(task, settings) < seconds;

    const send = async (found: readonly QueuedTask[]): Promise<void> => {
      const messages: readonly DispatchMessage[] = await tasks.messagesOf(found.filter(isWanted));
      for (let start = 0; start < messages.length; start += MAX_BATCH_MESSAGES) {
        const batch = messages.slice(start, start + MAX_BATCH_MESSAGES);
        const errors = await queues.send(processor, batch);
        failures += errors.filter((error) => error !== undefined).length;
        queued += errors.filter((error) => error === undefined).length;
      }
    };

    const sweepShard = async (shard: number): Promise<void> => {
      try {
        const first = await tasks.oldest(processor, shard);
        if (first !== undefined) oldest = Math.min(oldest ?? first, first);
        let from: Record<string, AttributeValue> | undefined;
        do {
          if (remaining() < RESERVE_MILLISECONDS) return;
          const page = await tasks.due(processor, shard, seconds - (all ? 0 : SWEEP_AFTER_SECONDS), from);
          await send(page.tasks);
          from = page.next;
        } while (from !== undefined);
      } catch (error) {
        failures += 1;
        logger.error('shard not swept', { processor, shard, error: describeError(error) });
      }
    };

    const shards = Array.from({ length: indexShards }, (_, shard) => shard);
    await concurrently(shards, CONCURRENT_SHARDS, sweepShard);
    if (queued > 0 || failures > 0) logger.info('swept', { processor, queued, failures });
    return { failures, oldest: paused === undefined || paused.by === 'postern' ? oldest : undefined };
  };

  return async ({ processor: only }, remaining) => {
    let failures = 0;
    let oldest: number | undefined;
    for (const { dispatch, id } of Object.values(registry)) {
      if (dispatch === undefined || (only !== undefined && only !== id)) continue;
      const swept = await sweepProcessor(id, dispatch, only !== undefined, remaining);
      failures += swept.failures;
      if (swept.oldest !== undefined) oldest = Math.min(oldest ?? swept.oldest, swept.oldest);
    }
    if (only === undefined) {
      const waited = oldest === undefined ? 0 : Math.max(0, inSeconds(now()) - oldest);
      logger.info('sweep ended', { failures, oldest: waited }, [{ metric: 'DispatchOldest', value: waited }]);
    }
    if (failures > 0) throw new Error(`${failures} shards or messages could not be swept.`);
  };
};
