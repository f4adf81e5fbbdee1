import { unmarshall } from '@aws-sdk/util-dynamodb';
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

  test('takes an earlier entry too, if it has room for both', () => {
    const earlier: JournalEntry = { at: '2026-11-29T09:00:00.000Z', kind: 'dispatched' };
    const added = (count: number) => {
      const journal = Array.from({ length: count }, () => anEntry());
      const { values } = journalAppend({ journal }, anEntry('now'), earlier);
      const { ':journal': entries, ':journalLimit': limit } = unmarshall(values);
      return { entries, limit };
    };
    expect(added(98)).toEqual({ entries: [earlier, anEntry('now')], limit: 99 });
    expect(added(99)).toEqual({ entries: [anEntry('now')], limit: 100 });
    expect(added(100)).toEqual({ entries: undefined, limit: undefined });
  });

  test('begins with the first entry of a task without one', () => {
    expect(journalAppend({}, anEntry())).toMatchObject({
      conditions: ['(attribute_not_exists(journal) OR size(journal) < :journalLimit)'],
      values: { ':journalLimit': { N: '100' } },
    });
  });
});
