/** A task that the index says may have expired. */
export interface DueTask {
  readonly taskId: string;
  /** Seconds since 1970: the time under which the index has it. */
  readonly due: number;
}

export interface DuePage {
  readonly tasks: readonly DueTask[];
  /** Where the next page begins; absent on the last. */
  readonly next?: DueCursor;
}

/** The store's own; only ever given back to it. */
export type DueCursor = Readonly<Record<string, unknown>>;

/**
 * What became of a due task: it expired now; its heartbeat had moved, and it is due later; or somebody else closed or
 * moved it in the meantime.
 */
export type ExpiryResult = 'expired' | 'moved' | 'gone';

/** Pending tasks in the order in which they may expire. Every method rejects when the store does not answer. */
export interface DueTaskStore {
  /** Tasks of a shard that may have expired by `now` (seconds since 1970), the earliest first. */
  findDue(shard: number, now: number, from?: DueCursor): Promise<DuePage>;
  /** Expires a task whose time is over by `now` (seconds since 1970). Conflicts with transactions are retried inside. */
  settle(task: DueTask, now: number): Promise<ExpiryResult>;
}
