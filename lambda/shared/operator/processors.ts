import type { Carrier } from '../../contract/carriers.ts';
import type { PendingCounts, ProcessorCounts, ProcessorView } from '../../contract/operator-api.ts';
import { OVERVIEW_SECONDS } from '../../contract/operator-limits.ts';
import { GRADE_NAMES, type Grade, gradeOf, type ProofName } from '../../contract/proofs.ts';
import type { Processor, Registry } from '../../contract/registry.ts';
import { effectiveDeadline, inSeconds, isOverdue } from '../../contract/task.ts';
import { keepFor } from '../keep-for.ts';
import { orUnavailable } from '../or-unavailable.ts';
import type { Refusal } from '../refusal.ts';
import type { PendingTask, PendingTasks } from './pending-tasks.ts';
import { unknownProcessor } from './plan-revocation.ts';
import type { CountByProcessor } from './processor-metrics.ts';

export interface ProcessorsOptions {
  readonly registry: Registry;
  readonly pending: PendingTasks;
  readonly countByProcessor: CountByProcessor;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The processors of an environment, for operators. */
export interface Processors {
  /** Returns all in the order of the registry. */
  list(): Promise<readonly ProcessorView[]>;
  read(processor: string): Promise<ProcessorView | Refusal>;
}

const HOUR_SECONDS = 3_600;

export const createProcessors = ({ countByProcessor, now, pending, registry }: ProcessorsOptions): Processors => {
  /** Counts pending tasks that are not overdue. */
  const countPending = async (seconds: number, processor?: string): Promise<ReadonlyMap<string, PendingCounts>> => {
    const counts = new Map<string, PendingCounts>();
    const count = (task: PendingTask) => {
      const { expiringWithinHour, oldestPendingAt = task.createdAt, pending } = counts.get(task.processor) ?? NONE;
      counts.set(task.processor, {
        pending: pending + 1,
        oldestPendingAt: task.createdAt < oldestPendingAt ? task.createdAt : oldestPendingAt,
        expiringWithinHour: expiringWithinHour + (effectiveDeadline(task) <= seconds + HOUR_SECONDS ? 1 : 0),
      });
    };
    await pending.scan((tasks) => {
      for (const task of tasks) if (!isOverdue(task, seconds)) count(task);
    }, processor);
    return counts;
  };

  const show = async (processors: readonly Processor[], only?: string): Promise<readonly ProcessorView[]> => {
    const seconds = inSeconds(now());
    const ids = processors.map(({ id }) => id);
    const [pendingCounts, counts] = await Promise.all([
      orUnavailable('tasks table', countPending(seconds, only)),
      orUnavailable('CloudWatch', countByProcessor(ids, seconds)),
    ]);
    return processors.map((processor) => ({
      ...entryOf(processor),
      ...(pendingCounts.get(processor.id) ?? NONE),
      ...(counts.get(processor.id) ?? NOT_COUNTED),
    }));
  };

  return {
    list: () => show(Object.values(registry)),
    read: async (id) => {
      const processor = Object.hasOwn(registry, id) ? registry[id] : undefined;
      if (processor === undefined) return unknownProcessor();
      const [view] = await show([processor], id);
      return view ?? unknownProcessor();
    },
  };
};

/** Keeps the counts for a minute, for pages that look for changes. */
export const keepProcessors = ({ list, read }: Processors, now: () => number): Processors => {
  const keepList = keepFor(OVERVIEW_SECONDS * 1_000, now, list);
  return { list: () => keepList(''), read: keepFor(OVERVIEW_SECONDS * 1_000, now, read) };
};

const NONE: PendingCounts = { pending: 0, expiringWithinHour: 0 };
const NOT_COUNTED: ProcessorCounts = { accepted24h: 0, replays24h: 0 };

/** Lists each member by name, because an entry also has keys, names of secrets, addresses and schemas. */
const entryOf = ({ carriers, contentTypes, id, maxExpiresIn, proof, replayMode }: Processor) => ({
  id,
  carriers,
  proof: proof.kind,
  grade: lowestGrade(carriers, proof.kind),
  contentTypes,
  maxExpiresIn,
  replayMode,
});

const lowestGrade = (carriers: readonly Carrier[], proof: ProofName): Grade => {
  const grades = carriers.map((carrier) => gradeOf(carrier, proof));
  return GRADE_NAMES.findLast((grade) => grades.includes(grade)) ?? 'D';
};
