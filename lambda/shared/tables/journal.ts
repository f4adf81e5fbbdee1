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
 */
export const journalAppend = ({ journal = [] }: Pick<TaskItem, 'journal'>, entry: JournalEntry): JournalAppend =>
  isFull(journal, entry)
    ? { assignments: [], conditions: [], values: {} }
    : {
        assignments: ['journal = list_append(if_not_exists(journal, :noJournal), :journal)'],
        conditions: ['(attribute_not_exists(journal) OR size(journal) < :journalLimit)'],
        values: toAttributes({ ':noJournal': [], ':journal': [entry], ':journalLimit': JOURNAL.entries }),
      };

const isFull = (journal: readonly JournalEntry[], entry: JournalEntry): boolean =>
  journal.length >= JOURNAL.entries || Buffer.byteLength(JSON.stringify([...journal, entry])) > JOURNAL.bytes;
