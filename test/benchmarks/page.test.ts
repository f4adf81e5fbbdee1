import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { renderBars } from '../../benchmarks/harness/bars.ts';
import { formatNumber, formatSpread } from '../../benchmarks/harness/markdown.ts';
import { readPaper, readResults, renderFiles, renderPage } from '../../benchmarks/harness/page.ts';
import type { Measure, MeasuredPart } from '../../benchmarks/harness/result.ts';
import { PARTS } from '../../benchmarks/suites.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

const spread = (median: number, min = median, max = median) => ({ median, min, max });

const RATE: Measure = {
  name: 'callbacks',
  unit: '1/s',
  higherIsBetter: true,
  values: { postern: spread(1000, 900, 1200), peer: spread(250, 200, 300) },
  ratios: { peer: spread(4, 3.8, 4.2) },
};

const aPart = (overrides: Partial<MeasuredPart> = {}): MeasuredPart => ({
  part: 'pipeline',
  title: 'A callback',
  method: 'In turn.',
  contenders: { postern: 'ours', peer: 'theirs' },
  measures: [RATE],
  pictured: ['callbacks'],
  machine: { processor: 'A CPU', cores: 2, memoryGiB: 8, node: 'v24', date: '2026-01-02', load: 0.5, packages: {} },
  ...overrides,
});

const PAGE = '# Page\n\n<!-- pipeline -->\nold\n<!-- /pipeline -->\n\nWords.\n';

test('the pages and their pictures are what the results give, and every part was measured', () => {
  const results = readResults();
  expect(Object.keys(results).toSorted()).toEqual(Object.keys(PARTS).toSorted());
  const files = renderFiles(results, readPaper(), read);
  for (const [path, content] of Object.entries(files)) expect(read(path), `${path}: run npm run bench`).toBe(content);
  const pictures = ['docs/reference/performance', 'docs/reference/growth'].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`).map((file) => `${folder}/${file}`),
  );
  expect(pictures.filter((path) => files[path] === undefined)).toEqual([]);
});

test('what is pictured is measured', () => {
  for (const { measures, part, pictured } of Object.values(readResults())) {
    const names = measures.map(({ name }) => name);
    expect(
      pictured.filter((name) => !names.includes(name)),
      part,
    ).toEqual([]);
  }
});

test('a result takes its place, with its method and machine, and leaves the words around', () => {
  const page = renderPage(PAGE, { pipeline: aPart() });
  expect(page).toContain('| callbacks, 1/s | 1,000 (900–1,200) | 250 (200–300) | 4 (3.80–4.20) |');
  expect(page).toContain('![A callback](performance/pipeline.svg)');
  expect(page).toContain('- `peer`: theirs');
  expect(page).toContain('In turn. 2026-01-02, A CPU, 2 cores, 8 GiB, Node v24, load 0.5 before.');
  expect(page).toMatch(/^# Page\n\n<!-- pipeline -->\n/);
  expect(page).toMatch(/<!-- \/pipeline -->\n\nWords\.\n$/);
  expect(page).not.toContain('old');
  expect(renderPage(page, { pipeline: aPart() })).toBe(page);
});

test('with many contenders each has a line', () => {
  const contenders = { postern: '', a: '', b: '', limit: '' };
  const page = renderPage(PAGE, { pipeline: aPart({ contenders }) });
  expect(page).toContain('|  | callbacks, 1/s | postern ÷ it |');
  expect(page).toContain('| postern | 1,000 (900–1,200) |  |');
});

test('a part says who is compared with whom', () => {
  const compared: Measure = {
    ...RATE,
    values: { small: spread(1000), large: spread(900) },
    ratios: { small: spread(0.9) },
  };
  const part = aPart({ contenders: { small: '', large: '' }, compared: 'large', measures: [compared] });
  const page = renderPage(PAGE, { pipeline: part });
  expect(page).toContain('|  | small | large | large ÷ small |');
  expect(page).toContain('| callbacks, 1/s | 1,000 | 900 | 0.90 |');
});

test('a mark that is no part has the section of its name', () => {
  const page = '<!-- pipeline -->\n<!-- /pipeline -->\n<!-- other -->\nold\n<!-- /other -->\n';
  expect(renderPage(page, { pipeline: aPart() }, { other: () => 'new' })).toContain(
    '<!-- other -->\nnew\n<!-- /other -->',
  );
});

test('a part without a place, and a place without a part, are said by name', () => {
  expect(() => renderPage('# Page\n', { pipeline: aPart() })).toThrow('no place for "pipeline"');
  expect(() => renderPage(PAGE, {})).toThrow('"pipeline", which was never measured');
});

test('bars are as long as what they say, from zero, on the scale of their measure', () => {
  const svg = renderBars(aPart());
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(2);
  expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo(4, 1);
  expect(svg).toContain('callbacks: postern 1,000 1/s, peer 250 1/s.');
  expect(svg).toContain('more is better');
});

test('a bar of nothing has no length, and names are text', () => {
  const nothing = { ...RATE, name: 'a < b', values: { postern: spread(0) } };
  const svg = renderBars(aPart({ measures: [nothing], pictured: ['a < b'] }));
  expect(svg).toContain('width="0"');
  expect(svg).toContain('a &lt; b');
});

test('numbers have three digits that mean something', () => {
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
