import type { SweepRequest } from '../../contract/dispatch.ts';
import {
  SWEEP_AFTER_SECONDS,
  SWEEP_AHEAD_SECONDS,
  SWEPT_PER_CONCURRENT_ATTEMPT,
} from '../../contract/dispatch-limits.ts';
import type { Processor, Registry } from '../../contract/registry.ts';
import { inSeconds } from '../../contract/task.ts';
import { MAX_BATCH_MESSAGES } from '../../shared/aws/send-batch.ts';
import { concurrently } from '../../shared/concurrently.ts';
import type { BreakerItem } from '../../shared/dispatch/breaker-item.ts';
import type { DispatchQueues } from '../../shared/dispatch/dispatch-queues.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import { latestAttemptOf } from './plan.ts';
import { isWaitTooLong, type QueuedPage, type QueuedTask, type QueuedTasks } from './queued-tasks.ts';

export interface SweepOptions {
  readonly registry: Registry;
  readonly indexShards: number;
  readonly tasks: QueuedTasks;
  readonly breakers: { read(processor: string): Promise<Pick<BreakerItem, 'paused'>> };
  readonly queues: DispatchQueues;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Queues again what is overdue: then no crash and no lost message loses a task. A message that is sent twice changes nothing. One run
 * queues only as many tasks of a processor as it works on in a minute: first those whose time is over, then the earliest. A run
 * for one processor queues all that is due.
 * @param remaining returns the milliseconds that are left for this run
 * @throws {Error} if some shards or messages failed, so that the scheduler runs it again. All others are done.
 */
export type Sweep = (request: SweepRequest, remaining: () => number) => Promise<void>;

/** With less time left than this, a run begins no new page. Milliseconds. */
const RESERVE_MILLISECONDS = 5_000;

const CONCURRENT_SHARDS = 8;

/** Tasks that are read and sent together. */
const TASKS_AT_ONCE = 100;

/** Sums of a run, or of the part for one processor. */
interface Swept {
  queued: number;
  failures: number;
  /** Shards that are left for a later run. */
  unfinished: number;
  /** Earliest time at which one of the entries was due. */
  oldest: number;
}

const nothing = (): Swept => ({ queued: 0, failures: 0, unfinished: 0, oldest: Number.POSITIVE_INFINITY });

export const createSweep = (options: SweepOptions): Sweep => {
  const { breakers, indexShards, logger, now, queues, registry, tasks } = options;

  /** Sends messages about tasks, as they are now. */
  const send = async (queue: string, found: readonly QueuedTask[], swept: Swept): Promise<void> => {
    if (found.length === 0) return;
    const messages = await tasks.messagesOf(found, inSeconds(now()));
    for (let start = 0; start < messages.length; start += MAX_BATCH_MESSAGES) {
      const errors = await queues.send(queue, messages.slice(start, start + MAX_BATCH_MESSAGES));
      const failures = errors.filter((error) => error !== undefined).length;
      swept.failures += failures;
      swept.queued += errors.length - failures;
    }
  };

  const sweepProcessor = async (
    { dispatch: settings, id }: Processor,
    isEverything: boolean,
    remaining: () => number,
  ): Promise<Swept> => {
    const swept = nothing();
    const queue = queues.nameOf(id);
    if (queue === undefined) return swept;
    const { paused } = settings === undefined ? { paused: undefined } : await breakers.read(id);
    const seconds = inSeconds(now());
    // A processor that no work is sent to any more has no settings. Its tasks fail without an attempt.
    const isOver = (task: QueuedTask): boolean => settings === undefined || latestAttemptOf(task, settings) < seconds;
    // A paused processor gets no attempts. A task whose time is over fails all the same, and at once.
    const isToBeSent = (task: QueuedTask): boolean => {
      const { dispatchAt, queuedAt } = task;
      if (paused !== undefined) return false;
      if (dispatchAt > seconds) return isWaitTooLong(task, queuedAt);
      if (isOver(task)) return false;
      return isEverything || dispatchAt <= seconds - SWEEP_AFTER_SECONDS;
    };
    const last = isEverything ? seconds : seconds + SWEEP_AHEAD_SECONDS;

    const sweepShard = async (shard: number): Promise<void> => {
      // Otherwise each run would queue a long backlog once more.
      const budget = ((settings?.concurrency ?? 1) * SWEPT_PER_CONCURRENT_ATTEMPT) / indexShards;
      let left = isEverything ? Number.POSITIVE_INFINITY : Math.ceil(budget);
      let others: readonly QueuedTask[] = [];
      let from: QueuedPage['next'];
      const sendOthers = async (): Promise<void> => {
        for (let start = 0; start < others.length; start += TASKS_AT_ONCE) {
          if (start > 0 && remaining() < RESERVE_MILLISECONDS) {
            swept.unfinished += 1;
            return;
          }
          await send(queue, others.slice(start, start + TASKS_AT_ONCE), swept);
        }
        others = [];
      };
      do {
        if (remaining() < RESERVE_MILLISECONDS) {
          swept.unfinished += 1;
          break;
        }
        const page = await tasks.page(id, shard, from);
        const near = page.tasks.filter(({ dispatchAt }) => dispatchAt <= last);
        const due = near.filter(({ dispatchAt }) => dispatchAt <= seconds);
        swept.oldest = Math.min(swept.oldest, ...due.map(({ dispatchAt }) => dispatchAt));
        const over = due.filter(isOver).slice(0, left);
        await send(queue, over, swept);
        left -= over.length;
        others = [...others, ...near.filter(isToBeSent)].slice(0, left);
        if (isEverything) await sendOthers();
        from = near.length === page.tasks.length && left > 0 ? page.next : undefined;
      } while (from !== undefined);
      await sendOthers();
    };

    await concurrently(inTurn(indexShards, seconds), CONCURRENT_SHARDS, async (shard) => {
      try {
        await sweepShard(shard);
      } catch (error) {
        swept.failures += 1;
        logger.error('shard not swept', { processor: id, shard, error: describeError(error) });
      }
    });
    const { failures, queued, unfinished } = swept;
    if (queued + failures + unfinished > 0) logger.info('swept', { processor: id, queued, failures, unfinished });
    // Operators know of tasks that wait because they paused the processor.
    const isCounted = paused === undefined || paused.by === 'postern';
    return isCounted ? swept : { ...swept, oldest: Number.POSITIVE_INFINITY };
  };

  const trySweepProcessor = async (...[processor, ...others]: Parameters<typeof sweepProcessor>): Promise<Swept> => {
    try {
      return await sweepProcessor(processor, ...others);
    } catch (error) {
      logger.error('processor not swept', { processor: processor.id, error: describeError(error) });
      return { ...nothing(), failures: 1 };
    }
  };

  return async ({ processor: only }, remaining) => {
    const processors = Object.values(registry).filter(({ id }) => only === undefined || id === only);
    let failures = 0;
    let isComplete = true;
    let oldest = Number.POSITIVE_INFINITY;
    for (const turn of inTurn(processors.length, inSeconds(now()))) {
      const swept = await trySweepProcessor(processors[turn] as Processor, only !== undefined, remaining);
      failures += swept.failures;
      isComplete &&= swept.failures + swept.unfinished === 0;
      oldest = Math.min(oldest, swept.oldest);
    }
    if (only === undefined) {
      const waited = Number.isFinite(oldest) ? Math.max(0, inSeconds(now()) - oldest) : 0;
      const fields = { failures, complete: isComplete, oldest: waited };
      logger.info('sweep ended', fields, [{ metric: 'DispatchOldest', value: waited }]);
    }
    if (failures > 0) throw new Error(`Processors, shards or messages that could not be swept: ${failures}.`);
  };
};

/** Returns each number below `count` once. Each minute begins with another one, so that a lack of time does not always hit the same. */
const inTurn = (count: number, seconds: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => (Math.floor(seconds / 60) + i) % count);
