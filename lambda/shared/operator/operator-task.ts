import { CAPABILITY_NAMES, type ClosingCapability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import { ANSWER_UNKNOWN } from '../../contract/dispatch.ts';
import type { CallbackView, OperatorTaskView, TimelineEntry } from '../../contract/operator-api.ts';
import type { OPERATOR_VIEW_ATTRIBUTES } from '../../contract/operator-attributes.ts';
import { type Grade, gradeOf } from '../../contract/proofs.ts';
import type { Registry } from '../../contract/registry.ts';
import {
  inSeconds,
  type JournalEntry,
  revisionOf,
  type TaskItem,
  type TaskStatus,
  type TaskView,
  type TimelineKind,
} from '../../contract/task.ts';
import { hasFailedByDispatch } from '../tables/dispatch-view.ts';
import { quarantineOf } from '../tables/quarantined.ts';
import { showQuarantined, showTask } from '../tables/task-view.ts';

export type OperatorTaskRecord = Pick<TaskItem, (typeof OPERATOR_VIEW_ATTRIBUTES)[number]>;

/** Characters of a jti that an operator sees. They identify a token in the log. A token cannot be made from them. */
const JTI_END_CHARS = 6;

/** The current callbacks, or those that an operator revoked, with their jtis. */
export const shownCallbacksOf = ({
  callbacks,
  revoked = {},
  revokedAt,
}: Pick<TaskItem, 'callbacks' | 'revoked' | 'revokedAt'>): TaskItem['callbacks'] =>
  revokedAt === undefined ? callbacks : { ...revoked, ...callbacks };

/**
 * @param uses recorded uses by jti
 * @param now milliseconds since 1970
 */
export const showOperatorTask = (
  task: OperatorTaskRecord,
  uses: ReadonlyMap<string, number>,
  registry: Registry,
  now: number,
): OperatorTaskView => {
  const view = showTask(task, inSeconds(now));
  return {
    ...view,
    revision: revisionOf(task),
    timeline: timelineOf(task, view),
    callbacks: callbacksOf(task, uses, registry),
    quarantine: quarantineOf(task, now).map(({ entry, why }) => showQuarantined(entry, why)),
  };
};

const callbacksOf = (
  task: OperatorTaskRecord,
  uses: ReadonlyMap<string, number>,
  registry: Registry,
): readonly CallbackView[] => {
  const { carrier, expiresAt, processor, revokedAt } = task;
  const shown = shownCallbacksOf(task);
  const grade = gradeOfTask(carrier, processor, registry);
  return CAPABILITY_NAMES.flatMap((capability) => {
    const callback = shown[capability];
    if (callback === undefined) return [];
    const { jti, maxUses } = callback;
    return [
      {
        capability,
        jtiEnd: jti.slice(-JTI_END_CHARS),
        carrier,
        ...(grade !== null && { grade }),
        uses: uses.get(jti) ?? 0,
        maxUses,
        expiresAt,
        ...(revokedAt !== undefined && { revokedAt }),
      },
    ];
  });
};

const gradeOfTask = (carrier: Carrier, processor: string, registry: Registry): Grade | null => {
  const { proof } = registry[processor] ?? {};
  return proof === undefined ? null : gradeOf(carrier, proof.kind);
};

const DELIVERED: Readonly<Partial<Record<TaskStatus, ClosingCapability>>> = { succeeded: 'result', failed: 'failure' };

/** Returns the timeline: from the history, the journal, the progress, the quarantine and the last replay. */
const timelineOf = (task: OperatorTaskRecord, view: TaskView): readonly TimelineEntry[] => {
  const { history } = view;
  const { createdAt, journal = [], lastReplay, progress, quarantine, reopenings = [] } = task;
  // The journal has more details of a change than the history.
  const isInJournal = (at: string) => journal.some((entry) => entry.at === at && CLOSING_KINDS.includes(entry.kind));
  const replayedAt = lastReplay?.at;
  const entries: readonly TimelineEntry[] = [
    { at: createdAt, kind: 'opened' },
    ...history.flatMap(({ at, status }): readonly TimelineEntry[] => {
      if (status === 'pending' || isInJournal(at)) return [];
      if (at === task.closedAt && hasFailedByDispatch(task)) return [{ at, kind: 'dispatchFailed' }];
      const capability = DELIVERED[status];
      if (capability !== undefined) return [{ at, kind: 'delivered', capability }];
      return [{ at, kind: status === 'cancelled' ? 'cancelled' : 'expired' }];
    }),
    ...reopenings
      .filter(({ at }) => !journal.some((entry) => entry.at === at && entry.kind === 'reopened'))
      .map(({ at, reason }) => ({ at, kind: 'reopened', reason }) as const),
    ...resumptionOf(task),
    ...acceptanceOf(view, journal),
    ...(progress === undefined ? [] : [{ at: progress.at, kind: 'progressed' } as const]),
    ...Object.values(quarantine ?? {}).map(
      ({ capability, receivedAt }) => ({ at: receivedAt, kind: 'late', capability }) as const,
    ),
    ...journal.flatMap(({ capability, lateAt }) =>
      lateAt === undefined ? [] : [{ at: lateAt, kind: 'late', ...(capability && { capability }) } as const],
    ),
    ...(lastReplay === undefined || replayedAt === undefined
      ? []
      : [
          {
            at: replayedAt,
            kind: 'replayed',
            from: lastReplay.from,
            ...(lastReplay.first !== undefined && {
              replay: {
                first: { at: lastReplay.first.at, sha256: lastReplay.first.sha256 },
                second: { at: replayedAt, from: lastReplay.from, sha256: lastReplay.sha256 },
              },
            }),
          } as const,
        ]),
    ...journal.map(({ at, capability, kind, operator, reason }) => ({
      at,
      kind,
      ...(operator && { operator: { sub: operator.sub, issuer: operator.issuer } }),
      ...(reason !== undefined && { reason }),
      ...(capability !== undefined && { capability }),
    })),
  ];
  return [...entries].sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
};

/** The processor accepted the work. The journal has it only if that was not the first time. */
const acceptanceOf = ({ dispatch }: TaskView, journal: readonly JournalEntry[]): readonly TimelineEntry[] => {
  const { acceptedAt: at, reason } = dispatch ?? {};
  const isKnown = at === undefined || journal.some((entry) => entry.kind === 'dispatched' && entry.at === at);
  return isKnown ? [] : [{ at, kind: 'dispatched', ...(reason === ANSWER_UNKNOWN && { reason }) }];
};

/** The end of the resumption of a workflow. */
const resumptionOf = ({ resume }: OperatorTaskRecord): readonly TimelineEntry[] => {
  if (resume?.at === undefined) return [];
  const { at, reason, state } = resume;
  return state === 'refused'
    ? [{ at, kind: 'resumeRefused', ...(reason !== undefined && { reason }) }]
    : [{ at, kind: 'resumed' }];
};

/** Kinds of journal entries that a status in the history belongs to. */
const CLOSING_KINDS: readonly TimelineKind[] = ['accepted', 'cancelled', 'dispatchFailed'];
