import type { SweepRequest } from '../../contract/dispatch.ts';
import {
  SENT_PROCESSORS,
  SWEEP_AFTER_SECONDS,
  SWEEP_AHEAD_SECONDS,
  SWEPT_PER_CONCURRENT_ATTEMPT,
} from '../../contract/dispatch-limits.ts';
import type { Registry } from '../../contract/registry.ts';
import { inSeconds } from '../../contract/task.ts';
import { MAX_BATCH_MESSAGES } from '../../shared/aws/send-batch.ts';
import { concurrently } from '../../shared/concurrently.ts';
import type { BreakerItem } from '../../shared/dispatch/breaker-item.ts';
import type { DispatchQueues } from '../../shared/dispatch/dispatch-queues.ts';
import { type DispatchedProcessor, isDispatched } from '../../shared/dispatch/send-again.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { DispatchTask } from './dispatch-task.ts';
import { createEndQueued } from './end-queued.ts';
import { latestAttemptOf } from './next-attempt.ts';
import { isWaitTooLong, type QueuedPage, type QueuedTask, type QueuedTasks } from './queued-tasks.ts';
import type { SentProcessors } from './sent-processors.ts';

export interface SweepOptions {
  readonly registry: Registry;
  readonly indexShards: number;
  readonly tasks: QueuedTasks;
  readonly breakers: { read(processor: string): Promise<Pick<BreakerItem, 'paused'>> };
  readonly queues: DispatchQueues;
  readonly sent: SentProcessors;
  /** Fails the dispatch of a task whose processor gets no work any more. */
  readonly dispatchTask: DispatchTask;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Queues again what is overdue: then no crash and no lost message loses a task. A message that is sent twice changes nothing. One run
 * queues only as many tasks of a processor as it works on in a minute: first those whose time is over, then the earliest. A run
 * for one processor queues all that is due. Another run also ends the queued tasks of processors that get no work any more: those that
 * left the registry, and those without `dispatch`.
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

/** A processor that got work once. Its queue was deleted. */
interface FormerProcessor {
  readonly id: string;
  /** Time at which it still got work. Seconds since 1970. */
  readonly sentAt: number;
}

const nothing = (): Swept => ({ queued: 0, failures: 0, unfinished: 0, oldest: Number.POSITIVE_INFINITY });

export const createSweep = (options: SweepOptions): Sweep => {
  const { breakers, dispatchTask, indexShards, logger, now, queues, registry, sent, tasks } = options;
  const reserve = RESERVE_MILLISECONDS;
  const endQueued = createEndQueued({ dispatchTask, indexShards, logger, reserve, tasks });

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
    { dispatch: settings, id }: DispatchedProcessor,
    isEverything: boolean,
    remaining: () => number,
  ): Promise<Swept> => {
    const swept = nothing();
    const queue = queues.nameOf(id);
    if (queue === undefined) return swept;
    const { paused } = await breakers.read(id);
    const seconds = inSeconds(now());
    const isOver = (task: QueuedTask): boolean => latestAttemptOf(task, settings) < seconds;
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
      const budget = (settings.concurrency * SWEPT_PER_CONCURRENT_ATTEMPT) / indexShards;
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

  /** Ends the queued tasks of a former processor, and forgets the processor when it has none for a while. */
  const sweepFormer = async ({ id, sentAt }: FormerProcessor, remaining: () => number): Promise<Swept> => {
    const seconds = inSeconds(now());
    const { ended, failures, unfinished, waiting } = await endQueued(id, seconds, remaining);
    const isKept = ended + failures + unfinished + waiting > 0 || seconds - sentAt < SENT_PROCESSORS.keep;
    if (!isKept) await sent.forget(id, sentAt);
    return { ...nothing(), failures, unfinished };
  };

  /** Returns the processors that got work once. Records those that get work now: then they are found after they were removed. */
  const findFormer = async (ids: readonly string[]): Promise<readonly FormerProcessor[]> => {
    const times = await sent.read();
    const seconds = inSeconds(now());
    const isRecorded = (id: string): boolean => seconds - (times.get(id) ?? 0) < SENT_PROCESSORS.record;
    if (!ids.every(isRecorded)) await sent.record(ids, seconds);
    const current = new Set(ids);
    return [...times].flatMap(([id, sentAt]) => (current.has(id) ? [] : [{ id, sentAt }]));
  };

  const tryFindFormer = async (ids: readonly string[]): Promise<readonly FormerProcessor[] | undefined> => {
    try {
      return await findFormer(ids);
    } catch (error) {
      logger.error('former processors not found', { error: describeError(error) });
      return undefined;
    }
  };

  const trySweep = async (processor: string, sweep: () => Promise<Swept>): Promise<Swept> => {
    try {
      return await sweep();
    } catch (error) {
      logger.error('processor not swept', { processor, error: describeError(error) });
      return { ...nothing(), failures: 1 };
    }
  };

  return async ({ processor: only }, remaining) => {
    const dispatched = Object.values(registry).filter(isDispatched);
    const former = only === undefined ? await tryFindFormer(dispatched.map(({ id }) => id)) : [];
    const sweeps = [
      ...dispatched
        .filter(({ id }) => only === undefined || id === only)
        .map((one) => () => trySweep(one.id, () => sweepProcessor(one, only !== undefined, remaining))),
      ...(former ?? []).map((one) => () => trySweep(one.id, () => sweepFormer(one, remaining))),
    ];
    let failures = former === undefined ? 1 : 0;
    let isComplete = failures === 0;
    let oldest = Number.POSITIVE_INFINITY;
    for (const turn of inTurn(sweeps.length, inSeconds(now()))) {
      const swept = (await sweeps[turn]?.()) ?? nothing();
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
