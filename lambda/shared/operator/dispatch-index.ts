/** Work that waits to be sent to one processor, and work that could not be sent. Times are seconds since 1970. */
export interface WaitingWork {
  readonly queued: number;
  /** When the oldest of these tasks was queued. */
  readonly oldestAt?: number;
  /** When the first of their next attempts is due. */
  readonly nextAttemptAt?: number;
  readonly failed: number;
}

/**
 * Tasks by their way to a processor. The index follows the table within about a second. It has a task that has ended until the
 * dispatcher finds that. Methods reject if the table is unavailable.
 */
export interface DispatchIndex {
  /** Counts the tasks of a processor. A queued task whose callbacks have expired does not count. @param now seconds since 1970 */
  count(processor: string, now: number): Promise<WaitingWork>;
  /** Returns the ids of all tasks whose work could not be sent to a processor. */
  listFailed(processor: string): Promise<readonly string[]>;
}
