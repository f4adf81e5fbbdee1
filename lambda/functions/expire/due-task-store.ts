/** An entry of the index: a task that may have expired. */
export interface DueTask {
  readonly taskId: string;
  /** Seconds since 1970: the sort key of the index. */
  readonly due: number;
}

export interface DuePage {
  readonly tasks: readonly DueTask[];
  /** Beginning of the next page; absent on the last page. */
  readonly next?: DueCursor;
}

/** Opaque to everything except the store. */
export type DueCursor = Readonly<Record<string, unknown>>;

/**
 * Result for a due task:
 * - `expired`: the task expired now.
 * - `rescheduled`: a heartbeat had come, and the index now has the task at its later time.
 * - `missing`: the task does not exist, or another request closed or rescheduled it.
 */
export type ExpiryResult = 'expired' | 'rescheduled' | 'missing';

/** Pending tasks in the order of expiry. Methods reject if the table is unavailable. */
export interface DueTaskStore {
  /** Returns tasks of a shard that may have expired by `now` (seconds since 1970), the earliest first. */
  findDue(shard: number, now: number, from?: DueCursor): Promise<DuePage>;
  /** Expires a task if its time is over at `now` (seconds since 1970). Retries transaction conflicts. */
  expire(task: DueTask, now: number): Promise<ExpiryResult>;
}
