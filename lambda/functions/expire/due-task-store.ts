import type { DueProgresses } from '../../shared/tables/due-progress.ts';

/** An entry of the index of deadlines. */
export interface DueEntry {
  readonly taskId: string;
  /** Seconds since 1970: the sort key of the index. */
  readonly due: number;
}

/** A pending task with an entry in the index. */
export interface PendingTask extends DueEntry {
  /** Seconds since 1970: time at which the task expires, as it was read. A heartbeat may have moved it past `due`. */
  readonly deadline: number;
}

export interface DuePage {
  readonly entries: readonly DueEntry[];
  /** Beginning of the next page; absent on the last page. */
  readonly next?: DueCursor;
}

/** Opaque to everything except the store. */
export type DueCursor = Readonly<Record<string, unknown>>;

/** A part of one shard of the index. Times are seconds since 1970. */
export interface DueRange {
  readonly shard: number;
  /** Only later entries. */
  readonly after: number;
  /** Only entries up to this time. */
  readonly until: number;
}

/**
 * Result for a due task:
 * - `expired`: the task expired now.
 * - `rescheduled`: a heartbeat had come, and the index now has the task at its later time.
 * - `missing`: the task does not exist, or another request closed or rescheduled it.
 */
export type ExpiryResult = 'expired' | 'rescheduled' | 'missing';

/** Tasks in the order of their deadlines. Methods reject if a table is unavailable. */
export interface DueTaskStore {
  /** Returns entries of the index, the earliest first. Most of them are of closed tasks. */
  findDue(range: DueRange, from?: DueCursor): Promise<DuePage>;
  /** Returns the entries whose tasks are pending. */
  keepPending(entries: readonly DueEntry[]): Promise<readonly PendingTask[]>;
  /** Expires a task if its time is over at `now` (seconds since 1970). Retries transaction conflicts. */
  expire(task: PendingTask, now: number): Promise<ExpiryResult>;
  readProgress(): Promise<DueProgresses>;
  writeProgress(progresses: DueProgresses): Promise<void>;
}
