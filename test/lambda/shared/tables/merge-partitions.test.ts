import { describe, expect, test } from 'vitest';
import { type MergedPage, mergePartitions } from '../../../../lambda/shared/tables/merge-partitions.ts';

interface Entry {
  readonly position: string;
  readonly isWanted: boolean;
}

/** Reads one page of wanted entries from partitions in memory. */
const readPage = (
  partitions: readonly (readonly Entry[])[],
  limit: number,
  after: string | undefined,
): Promise<MergedPage<Entry>> =>
  mergePartitions<readonly Entry[], Entry, Entry>({
    partitions,
    read: async (entries, from, count) => {
      const rest = entries.filter(({ position }) => from === undefined || position < from);
      return { entries: rest.slice(0, count), ended: rest.length <= count };
    },
    positionOf: ({ position }) => position,
    after,
    limit,
    load: async (entries) => entries,
    matches: ({ isWanted }) => isWanted,
    isFiltered: true,
  });

/** Entries from newest to oldest, dealt out to four partitions. Only the oldest ones are wanted. */
const partitionsOf = (unwanted: number, wanted: number): Entry[][] => {
  const entries = Array.from({ length: unwanted + wanted }, (_, i) => ({
    position: String(99_999 - i),
    isWanted: i >= unwanted,
  }));
  return [0, 1, 2, 3].map((partition) => entries.filter((_, i) => i % 4 === partition));
};

describe('a page of a filtered list', () => {
  test('is empty and has a position if none of the 2,048 entries that it reads matches', async () => {
    const { items, position } = await readPage(partitionsOf(4_000, 3), 10, undefined);
    expect(items).toEqual([]);
    // Partition 0 runs out first: of the 2,048 entries that were read, 3 of the other partitions wait for the next page.
    expect(position).toBe('97955');
  });

  test('and the pages after it have every entry that matches, once', async () => {
    const partitions = partitionsOf(10_000, 3);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const { items, position } = await readPage(partitions, 2, after);
      found.push(...items.map((entry) => entry.position));
      after = position;
    } while (after !== undefined);
    expect(found).toEqual(['89999', '89998', '89997']);
  });
});
