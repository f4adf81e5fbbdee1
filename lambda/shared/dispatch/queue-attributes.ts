import type { StoredDispatch } from '../../contract/dispatch.ts';
import { dispatchShardKey } from '../../contract/tables.ts';
import { inSeconds, type TaskItem } from '../../contract/task.ts';

/** Attributes of a task whose work is queued. */
export type QueueAttributes = Required<Pick<TaskItem, 'dispatch' | 'queuedAt' | 'dispatchShard' | 'dispatchAt'>>;

/**
 * Returns the attributes of a task whose present callbacks are to be sent. The heartbeat begins when the processor accepts the work.
 *
 * An issue is later than the last progress report, which is of an earlier issue. Times of issues are whole seconds, and clocks of
 * functions differ: without this, the report could be taken for one of the present issue, and would show that the work was accepted.
 * @param before the dispatch of the former issue; undefined for a new task
 * @param now seconds since 1970
 */
export const queueAttributes = (
  { processor, progress, shard }: Pick<TaskItem, 'processor' | 'progress' | 'shard'>,
  before: StoredDispatch | undefined,
  now: number,
): QueueAttributes => ({
  dispatch: before === undefined ? FIRST : nextIssue(before),
  queuedAt: progress === undefined ? now : Math.max(now, inSeconds(Date.parse(progress.at)) + 1),
  dispatchShard: dispatchShardKey('queued', processor, shard),
  dispatchAt: now,
});

const FIRST: StoredDispatch = { state: 'queued', attempts: 0, issue: 1, used: 0 };

/** Numbers of attempts grow over all issues, so that an outcome of an earlier attempt is never taken for one of a later attempt. */
const nextIssue = ({ attempts, issue, lastAttemptAt, lastStatus }: StoredDispatch): StoredDispatch => ({
  state: 'queued',
  attempts,
  attemptsBefore: attempts,
  issue: issue + 1,
  used: 0,
  ...(lastAttemptAt !== undefined && { lastAttemptAt }),
  ...(lastStatus !== undefined && { lastStatus }),
});
