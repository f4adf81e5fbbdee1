import { EXPIRES_IN_SECONDS } from '../../contract/limits.ts';
import {
  inSeconds,
  type Payload,
  type QuarantineReason,
  type ReopenedEntry,
  type TaskItem,
} from '../../contract/task.ts';

/** A delivery in quarantine. The reason decides in which attribute the task stores it. */
export interface Quarantined {
  readonly entry: ReopenedEntry;
  readonly why: QuarantineReason;
}

/**
 * Returns the deliveries in the quarantine of a task, the oldest first.
 * @param now milliseconds since 1970
 */
export const quarantineOf = (
  task: Pick<TaskItem, 'expiresAt' | 'purgeAt'> & Partial<Pick<TaskItem, 'quarantine' | 'reopened'>>,
  now: number,
): readonly Quarantined[] => {
  const { quarantine = {}, reopened = {} } = task;
  const all: Quarantined[] = [
    ...Object.values(quarantine).map((entry) => ({ entry, why: 'late' as const })),
    ...Object.values(reopened).map((entry) => ({ entry, why: 'reopened' as const })),
  ];
  return all.filter(({ entry }) => hasBytes(entry, task, now)).sort(byArrival);
};

/**
 * True if the bytes of an entry still exist. A reopened task may outlive its earlier payloads in the bucket: the lifecycle
 * rule deletes an object after the longest `expiresIn` plus the retention. Without this check a sender could accept an entry
 * and never read it.
 */
export const hasBytes = (
  { payloadKey, receivedAt }: Pick<Payload, 'receivedAt'> & { readonly payloadKey?: string | undefined },
  { expiresAt, purgeAt }: Pick<TaskItem, 'expiresAt' | 'purgeAt'>,
  now: number,
): boolean => {
  const retention = purgeAt - inSeconds(Date.parse(expiresAt));
  return (
    payloadKey === undefined || inSeconds(now) < inSeconds(Date.parse(receivedAt)) + EXPIRES_IN_SECONDS.max + retention
  );
};

const arrivalOf = ({ id, receivedAt }: ReopenedEntry): string => `${receivedAt}#${id}`;

const byArrival = (a: Quarantined, b: Quarantined): number => (arrivalOf(a.entry) < arrivalOf(b.entry) ? -1 : 1);
