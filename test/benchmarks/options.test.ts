import { expect, test } from 'vitest';
import { DEFAULT_ROUNDS, readOptions } from '../../benchmarks/harness/options.ts';

const KNOWN = ['callback', 'cold-start'];

test('all suites run unless some are named', () => {
  expect(readOptions([], KNOWN)).toMatchObject({ suites: KNOWN, effort: { rounds: DEFAULT_ROUNDS }, check: false });
  expect(readOptions(['cold-start', 'cold-start', '--rounds', '100'], KNOWN)).toMatchObject({
    suites: ['cold-start'],
    effort: { rounds: 100 },
  });
  expect(readOptions(['--rounds=1'], KNOWN).effort.rounds).toBe(1);
});

test('a measurement does all the work, and a check little of it', () => {
  const measured = readOptions([], KNOWN).effort;
  expect([1, 3, 480, 1e6].map(measured.amount)).toEqual([1, 3, 480, 1e6]);
  const { check, effort } = readOptions(['--check'], KNOWN);
  expect(check).toBe(true);
  expect(effort.rounds).toBe(1);
  expect([1, 3, 480, 1e6].map(effort.amount)).toEqual([1, 2, 5, 100]);
});

test.each([
  [['nothing'], 'There is no suite "nothing"; expected one of callback, cold-start.'],
  [['--rounds', '0'], '--rounds is "0"; expected a whole number from 1 to 100.'],
  [['--rounds', '101'], 'from 1 to 100'],
  [['--rounds', '1.5'], 'whole number'],
  [['--rounds', 'many'], 'whole number'],
  [['--quickly'], '--quickly'],
  [['--check', '--rounds', '2'], 'omit --rounds'],
])('%j is refused with the accepted values', (parameters, words) => {
  expect(() => readOptions(parameters, KNOWN)).toThrow(
    expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(words) }),
  );
});
