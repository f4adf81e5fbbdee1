import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { TaskLayout, TaskStatus } from '../../contract/task.ts';

/** Parts of the update that closes a task, besides its status and times. */
export interface Closing {
  readonly assignments: readonly string[];
  /** Attributes to remove. */
  readonly removals: readonly string[];
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** One entry of the history: time in RFC 3339, and status. */
export type HistoryEntry = readonly [at: string, status: TaskStatus];

const historyOf = (...entries: readonly HistoryEntry[]): AttributeValue => ({
  L: entries.map(([at, status]) => ({ M: { at: { S: at }, status: { S: status } } })),
});

/**
 * Returns what an update does besides when it closes a task. The task leaves the index of counted pending tasks. In the layout
 * `current` it stays in the index of deadlines, because leaving it would be one more write.
 */
export const closingOf = (layout: TaskLayout, ...entries: readonly HistoryEntry[]): Closing => ({
  assignments: ['history = list_append(history, :history)'],
  removals: layout === 'former' ? ['dueShard', 'due'] : ['dueShard'],
  values: { ':history': historyOf(...entries) },
});
