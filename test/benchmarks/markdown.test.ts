import { expect, test } from 'vitest';
import { formatNumber, formatSpread, renderResult } from '../../benchmarks/harness/markdown.ts';
import type { Measure, SuiteResult } from '../../benchmarks/harness/measure.ts';

const spread = (median: number, min = median, max = median) => ({ median, min, max });

const RATE: Measure = {
  name: 'callbacks',
  unit: '1/s',
  values: { postern: spread(1000, 900, 1200), peer: spread(250, 200, 300) },
  ratios: { peer: spread(4, 3.8, 4.2) },
};

const render = (overrides: Partial<SuiteResult> = {}): string =>
  renderResult(
    {
      title: 'A callback',
      method: 'In turn.',
      contenders: { postern: 'ours', peer: 'theirs' },
      measures: [RATE],
      ...overrides,
    },
    '2026-01-02, A CPU.',
  );

test('a result has a title, a table, the contenders, the method and the machine', () => {
  expect(render().split('\n')).toEqual([
    '## A callback',
    '',
    '|  | postern | peer | postern ÷ peer |',
    '| --- | ---: | ---: | ---: |',
    '| callbacks, 1/s | 1,000 (900–1,200) | 250 (200–300) | 4 (3.80–4.20) |',
    '',
    '- `postern`: ours',
    '- `peer`: theirs',
    '',
    'In turn. 2026-01-02, A CPU.',
  ]);
});

test('with more than three contenders each has a row', () => {
  const contenders = { postern: '', a: '', peer: '', limit: '' };
  const text = render({ contenders });
  expect(text).toContain('|  | callbacks, 1/s | postern ÷ this |');
  expect(text).toContain('| postern | 1,000 (900–1,200) |  |');
  expect(text).toContain('| peer | 250 (200–300) | 4 (3.80–4.20) |');
});

test('a suite can compare another contender than Postern', () => {
  const measure: Measure = {
    ...RATE,
    values: { small: spread(1000), large: spread(900) },
    ratios: { small: spread(0.9) },
  };
  const text = render({ contenders: { small: '', large: '' }, compared: 'large', measures: [measure] });
  expect(text).toContain('|  | small | large | large ÷ small |');
  expect(text).toContain('| callbacks, 1/s | 1,000 | 900 | 0.90 |');
});

test('a table without ratios has no column for them', () => {
  expect(render({ measures: [{ ...RATE, ratios: {} }] })).toContain('|  | postern | peer |\n');
});

test('numbers have at most three significant decimals', () => {
  expect([1234.5, 123.4, 12.345, 1.2345, 0.0123, 3, 1234].map(formatNumber)).toEqual([
    '1,235',
    '123',
    '12.3',
    '1.23',
    '0.01',
    '3',
    '1,234',
  ]);
  expect(formatSpread(spread(2))).toBe('2');
  expect(formatSpread(spread(2, 1, 3.5))).toBe('2 (1–3.50)');
});
