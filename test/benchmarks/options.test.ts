import { expect, test } from 'vitest';
import { DEFAULT_ROUNDS, readOptions } from '../../benchmarks/harness/options.ts';

const KNOWN = ['callback', 'cold-start'];

test('all suites run unless some are named', () => {
  expect(readOptions([], KNOWN)).toEqual({ suites: KNOWN, rounds: DEFAULT_ROUNDS });
  expect(readOptions(['cold-start', 'cold-start', '--rounds', '100'], KNOWN)).toEqual({
    suites: ['cold-start'],
    rounds: 100,
  });
  expect(readOptions(['--rounds=1'], KNOWN).rounds).toBe(1);
});

test.each([
  [['nothing'], 'There is no suite "nothing"; expected one of callback, cold-start.'],
  [['--rounds', '0'], '--rounds is "0"; expected a whole number from 1 to 100.'],
  [['--rounds', '101'], 'from 1 to 100'],
  [['--rounds', '1.5'], 'whole number'],
  [['--rounds', 'many'], 'whole number'],
  [['--quickly'], '--quickly'],
])('%j is refused with the accepted values', (parameters, words) => {
  expect(() => readOptions(parameters, KNOWN)).toThrow(
    expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(words) }),
  );
});
