import type { SweepRequest } from '../../contract/dispatch.ts';
import type { MetricName } from '../../contract/metrics.ts';
import type { ProcessorDispatchView } from '../../contract/operator-api.ts';
import { OVERVIEW_SECONDS } from '../../contract/operator-limits.ts';
import type { Registry } from '../../contract/registry.ts';
import { inSeconds } from '../../contract/task.ts';
import type { ConflictRetries } from '../aws/transaction-conflicts.ts';
import { type BreakerItem, pauseUpdate, phaseOf, resumeUpdate } from '../dispatch/breaker-item.ts';
import { keepFor } from '../keep-for.ts';
import type { Fields } from '../log/logger.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { retryRaces } from '../retry-races.ts';
import { type Acting, auditEntryOf } from './answer-action.ts';
import type { AskOperatorPolicy } from './ask-operator-policy.ts';
import type { AuditLog } from './audit-log.ts';
import type { DispatchIndex, WaitingWork } from './dispatch-index.ts';
import type { SumMetrics, WantedMetric } from './metric-sums.ts';
import type { ProcessorPauses } from './processor-pauses.ts';

export interface ProcessorDispatchOptions {
  readonly registry: Registry;
  readonly index: DispatchIndex;
  readonly pauses: ProcessorPauses;
  readonly audit: Pick<AuditLog, 'append'>;
  /** `null`: the environment has no policies. */
  readonly askPolicy: AskOperatorPolicy | null;
  /** Sums of the last hour. */
  readonly sumMetrics: SumMetrics;
  /** Invokes the function `dispatch` and does not wait for it. */
  readonly startSweep: (request: SweepRequest) => Promise<void>;
  /** Called if that function could not be invoked. Its schedule invokes it within a minute. */
  readonly onNotStarted: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly retries: ConflictRetries;
}

/** A processor after it was paused or resumed. */
export interface DispatchChange {
  readonly view: ProcessorDispatchView;
  /** False if nothing had to be changed. */
  readonly isChanged: boolean;
  readonly logFields: Fields;
}

/** Sending work to processors, for operators. */
export interface ProcessorDispatch {
  /** Returns all processors that work is sent to, in the order of the registry. */
  list(): Promise<readonly ProcessorDispatchView[]>;
  read(processor: string): Promise<ProcessorDispatchView | Refusal>;
  /** Returns what keeps work from being sent to a processor; undefined if nothing does. It reads one item, and counts nothing. */
  readHold(processor: string): Promise<DispatchHold | undefined>;
  /**
   * Pauses or resumes a processor and writes the audit item in one transaction. A processor that is paused, or is not, already stays
   * as it is, whatever its revision.
   * @param revision the one that the operator saw
   */
  change(
    processor: string,
    kind: 'pause' | 'resume',
    revision: number,
    acting: Acting,
  ): Promise<DispatchChange | Refusal>;
}

/** Why no attempt is made: a pause, or a breaker that is open until a time in RFC 3339. */
export type DispatchHold =
  | Required<Pick<ProcessorDispatchView, 'paused'>>
  | { readonly paused?: undefined; readonly openUntil: string };

type LastHour = ProcessorDispatchView['lastHour'];

const MEASURED = {
  accepted: 'DispatchAccepted',
  retried: 'DispatchRetried',
  failed: 'DispatchFailed',
} as const satisfies Record<keyof LastHour, MetricName>;
const METRICS_OF_EACH = Object.values(MEASURED);

/** Returns the refusal of a processor in a path that is unknown, or that no work is sent to: 404. */
export const notDispatchedTo = (): Refusal =>
  refuse('processor_unknown', 'no entry `dispatch` in the registry', { isInPath: true });

export const createProcessorDispatch = (options: ProcessorDispatchOptions): ProcessorDispatch => {
  const {
    askPolicy,
    audit,
    index,
    now: clock,
    onNotStarted,
    pauses,
    registry,
    retries,
    startSweep,
    sumMetrics,
  } = options;
  const ids = Object.values(registry).flatMap(({ dispatch, id }) => (dispatch === undefined ? [] : [id]));

  const sumLastHour = async (): Promise<ReadonlyMap<string, LastHour>> => {
    const wanted = ids.flatMap((by) => METRICS_OF_EACH.map((metric): WantedMetric => ({ metric, by })));
    const sums = await sumMetrics(wanted, inSeconds(clock()));
    return new Map(
      ids.map((id, i) => {
        const [accepted = 0, retried = 0, failed = 0] = sums.slice(i * METRICS_OF_EACH.length);
        return [id, { accepted, retried, failed }];
      }),
    );
  };
  // CloudWatch has a new value each minute.
  const lastHourOf = keepFor(OVERVIEW_SECONDS * 1_000, clock, sumLastHour);

  const show = async (id: string): Promise<ProcessorDispatchView> => {
    const now = clock();
    const [work, item, lastHours] = await Promise.all([
      orUnavailable('tasks table', index.count(id, inSeconds(now))),
      orUnavailable('lookups table', pauses.read(id)),
      orUnavailable('CloudWatch', lastHourOf('')),
    ]);
    return viewOf(id, work, item, lastHours.get(id) ?? NO_ATTEMPTS, now);
  };

  /** Returns undefined if the processor has changed since it was read. */
  const attempt = async (
    processor: string,
    kind: 'pause' | 'resume',
    revision: number,
    acting: Acting,
  ): Promise<Omit<DispatchChange, 'view'> | Refusal | undefined> => {
    const logFields = askPolicy?.(acting) ?? {};
    if (isRefusal(logFields)) return logFields;
    const item = await orUnavailable('lookups table', pauses.read(processor));
    const entry = auditEntryOf(acting, { now: clock }, 'done');
    if ((item.paused !== undefined) === (kind === 'pause')) {
      await orUnavailable('audit table', audit.append({ ...entry, isRepeated: true }));
      return { isChanged: false, logFields };
    }
    const { revision: current } = item;
    if (revision !== current) return refuse('task_changed', `revision ${current}`, { revision: current });
    const { operator, reason } = acting;
    const update =
      kind === 'pause' ? pauseUpdate(current, { by: operator, reason, at: entry.at }) : resumeUpdate(current);
    const isDone = await orUnavailable('tables', pauses.change(processor, update, entry));
    return isDone ? { isChanged: true, logFields } : undefined;
  };

  return {
    list: () => Promise.all(ids.map(show)),

    read: async (processor) => (ids.includes(processor) ? show(processor) : notDispatchedTo()),

    readHold: async (processor) => {
      const { paused, state } = await orUnavailable('lookups table', pauses.read(processor));
      if (paused !== undefined) return { paused };
      const { openUntil } = state;
      const isOpen = openUntil !== undefined && phaseOf(state, clock()) === 'open';
      return isOpen ? { openUntil: new Date(openUntil).toISOString() } : undefined;
    },

    change: async (processor, kind, revision, acting) => {
      if (!ids.includes(processor)) return notDispatchedTo();
      const done = await retryRaces(() => attempt(processor, kind, revision, acting), retries);
      if (isRefusal(done)) return done;
      // Also after a second resumption: the first call may have been lost.
      if (kind === 'resume') await startSweep({ sweep: true, processor }).catch(onNotStarted);
      return { ...done, view: await show(processor) };
    },
  };
};

const NO_ATTEMPTS: LastHour = { accepted: 0, retried: 0, failed: 0 };

/** @param now milliseconds since 1970 */
const viewOf = (
  processor: string,
  { failed, nextAttemptAt, oldestAt, queued }: WaitingWork,
  { paused, revision, state }: BreakerItem,
  lastHour: LastHour,
  now: number,
): ProcessorDispatchView => {
  const breaker = phaseOf(state, now);
  const isAttempted = paused === undefined && nextAttemptAt !== undefined;
  const next = Math.max((nextAttemptAt ?? 0) * 1000, breaker === 'open' ? (state.openUntil ?? 0) : 0);
  return {
    processor,
    revision,
    queued,
    ...(oldestAt !== undefined && { oldestAt: new Date(oldestAt * 1000).toISOString() }),
    failed,
    lastHour,
    breaker,
    ...(paused !== undefined && { paused: { by: byOf(paused.by), reason: paused.reason, at: paused.at } }),
    ...(isAttempted && { nextAttemptAt: new Date(next).toISOString() }),
  };
};

const byOf = (by: NonNullable<ProcessorDispatchView['paused']>['by']): typeof by =>
  by === 'postern' ? by : { sub: by.sub, issuer: by.issuer };
