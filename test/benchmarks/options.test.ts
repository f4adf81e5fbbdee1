import { expect, test } from 'vitest';
import { DEFAULT_ROUNDS, readOptions } from '../../benchmarks/harness/options.ts';

const KNOWN = ['pipeline', 'cold'];

test('everything is measured unless parts are named', () => {
  expect(readOptions([], KNOWN)).toEqual({ parts: KNOWN, rounds: DEFAULT_ROUNDS });
  expect(readOptions(['cold', 'cold', '--rounds', '100'], KNOWN)).toEqual({ parts: ['cold'], rounds: 100 });
  expect(readOptions(['--rounds=1'], KNOWN).rounds).toBe(1);
});

test.each([
  [['nothing'], 'There is no part "nothing"; expected one of pipeline, cold.'],
  [['--rounds', '0'], '--rounds is "0"; expected a whole number from 1 to 100.'],
  [['--rounds', '101'], 'from 1 to 100'],
  [['--rounds', '1.5'], 'whole number'],
  [['--rounds', 'many'], 'whole number'],
  [['--quickly'], '--quickly'],
])('%j is refused with what would do', (given, words) => {
  expect(() => readOptions(given, KNOWN)).toThrow(
    expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(words) }),
  );
});
