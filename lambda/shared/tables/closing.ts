import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { TaskItem, TaskLayout, TaskStatus } from '../../contract/task.ts';

/** Parts of the update that closes a task, besides its status and times. */
export interface Closing {
  readonly assignments: readonly string[];
  /** Attributes to remove. */
  readonly removals: readonly string[];
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** The task is not overdue: neither by its deadline nor by its heartbeat. A task without heartbeat has no second deadline. */
export const IS_NOT_OVERDUE =
  'deadline > :now AND (attribute_not_exists(heartbeatDeadline) OR heartbeatDeadline > :now)';

export const marshalHistory = (history: TaskItem['history']): AttributeValue => ({
  L: history.map(({ at, status }) => ({ M: { at: { S: at }, status: { S: status } } })),
});

/**
 * Returns what an update does besides when it closes a task. The task leaves the index of counted pending tasks. In the layout
 * `current` it stays in the index of deadlines, because leaving it would be one more write, and its history follows from its
 * status and time, see `completeTask`.
 */
export const closingOf = (layout: TaskLayout, at: string, status: TaskStatus): Closing =>
  layout === 'current'
    ? { assignments: [], removals: ['dueShard'], values: {} }
    : {
        assignments: ['history = list_append(if_not_exists(history, :none), :history)'],
        removals: ['dueShard', 'due'],
        values: { ':none': { L: [] }, ':history': marshalHistory([{ at, status }]) },
      };
