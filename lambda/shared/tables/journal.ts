import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { JOURNAL } from '../../contract/limits.ts';
import type { JournalEntry, TaskItem } from '../../contract/task.ts';
import { toAttributes } from '../aws/attribute-values.ts';

/** Parts of an update of a task that add an entry to its journal. Without an entry they are empty. */
export interface JournalAppend {
  readonly assignments: readonly string[];
  readonly conditions: readonly string[];
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/**
 * Adds an entry to the journal of a task that was read, unless the journal is full. The condition fails if it is full by
 * now.
 * @param earlier an entry about something that happened before. It is added first, if the journal has room for both
 */
export const journalAppend = (
  { journal = [] }: Pick<TaskItem, 'journal'>,
  entry: JournalEntry,
  earlier?: JournalEntry,
): JournalAppend => {
  if (isFull(journal, entry)) return { assignments: [], conditions: [], values: {} };
  const isAdded = earlier !== undefined && !isFull([...journal, earlier], entry);
  const entries = isAdded ? [earlier, entry] : [entry];
  return {
    assignments: ['journal = list_append(if_not_exists(journal, :noJournal), :journal)'],
    conditions: ['(attribute_not_exists(journal) OR size(journal) < :journalLimit)'],
    values: toAttributes({
      ':noJournal': [],
      ':journal': entries,
      ':journalLimit': JOURNAL.entries - entries.length + 1,
    }),
  };
};

const isFull = (journal: readonly JournalEntry[], entry: JournalEntry): boolean =>
  journal.length >= JOURNAL.entries || Buffer.byteLength(JSON.stringify([...journal, entry])) > JOURNAL.bytes;
