import { expect, test } from 'vitest';
import { itemBytes, writeUnits } from '../../capacity/item-size.ts';

test('an item is as large as its names and values, plus the overhead of lists and maps', () => {
  expect(itemBytes({ id: { S: 'añ' } })).toBe(2 + 3);
  // One byte per two digits, and one more. Leading and trailing zeros do not count.
  expect(itemBytes({ n: { N: '1234' } })).toBe(1 + 3);
  expect(itemBytes({ n: { N: '12300' } })).toBe(1 + 3);
  expect(itemBytes({ n: { N: '-0.0012' } })).toBe(1 + 2);
  expect(itemBytes({ b: { B: Buffer.alloc(7) } })).toBe(1 + 7);
  expect(itemBytes({ m: { M: {} } })).toBe(1 + 3);
  expect(itemBytes({ m: { M: { a: { S: 'x' } } } })).toBe(1 + 3 + 1 + 2);
  expect(itemBytes({ l: { L: [{ S: 'x' }, { BOOL: true }] } })).toBe(1 + 3 + 2 + 2);
  expect(itemBytes({ s: { SS: ['ab', 'c'] } })).toBe(1 + 3);
});

test('a write takes one unit per KiB or part of it, and at least one', () => {
  expect([0, 1, 1_024, 1_025, 2_048, 2_049].map(writeUnits)).toEqual([1, 1, 1, 2, 2, 3]);
});
