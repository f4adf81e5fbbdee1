import { describe, expect, test } from 'vitest';
import type { JournalEntry } from '../../../../lambda/contract/task.ts';
import { journalAppend } from '../../../../lambda/shared/tables/journal.ts';

const AT = '2026-11-30T09:00:00.000Z';
const anEntry = (reason?: string): JournalEntry => ({
  at: AT,
  kind: 'revoked',
  ...(reason !== undefined && { reason }),
});
const isAppended = (journal: readonly JournalEntry[], entry: JournalEntry): boolean =>
  journalAppend({ journal }, entry).assignments.length > 0;

describe('the journal of a task', () => {
  test('takes 100 entries, and omits the next one', () => {
    const journal = Array.from({ length: 100 }, () => anEntry());
    expect(isAppended(journal.slice(1), anEntry())).toBe(true);
    expect(isAppended(journal, anEntry())).toBe(false);
  });

  test('takes 16,384 bytes, and omits an entry that goes beyond', () => {
    const first = anEntry('x'.repeat(16_000));
    // The JSON of the list of both entries has exactly 16,384 bytes.
    const rest = 16_384 - Buffer.byteLength(JSON.stringify([first, anEntry('')]));
    expect(isAppended([first], anEntry('y'.repeat(rest)))).toBe(true);
    expect(isAppended([first], anEntry('y'.repeat(rest + 1)))).toBe(false);
    // Bytes count, not characters.
    expect(isAppended([first], anEntry('ü'.repeat(Math.floor(rest / 2) + 1)))).toBe(false);
  });

  test('begins with the first entry of a task without one', () => {
    expect(journalAppend({}, anEntry())).toMatchObject({
      conditions: ['(attribute_not_exists(journal) OR size(journal) < :journalLimit)'],
      values: { ':journalLimit': { N: '100' } },
    });
  });
});
