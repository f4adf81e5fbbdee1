import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderKeyBars } from '../../capacity/key-bars.ts';
import type { Paper } from '../../capacity/model.ts';
import { growthSections } from '../../capacity/sections.ts';
import { renderBars } from './bars.ts';
import { formatSpread } from './markdown.ts';
import { POSTERN } from './measure.ts';
import type { Measure, MeasuredPart } from './result.ts';
import { table } from './table.ts';
import { judgeTargets } from './targets.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = 'docs/reference/performance.md';
const PICTURES = 'docs/reference/performance';
/** The part that has a page of its own. */
const GROWTH_PAGE = 'docs/reference/capacity.md';
const KEYS_PICTURE = 'docs/reference/growth/keys.svg';
const RESULTS = 'benchmarks/results';
const PAPER = `${RESULTS}/paper/growth.json`;

/** With more contenders than this a table has a line each, instead of a column. */
const MOST_COLUMNS = 3;

/** Results by part. */
export type Results = Readonly<Record<string, MeasuredPart>>;

/** Every result that was written last, by part. */
export const readResults = (): Results =>
  Object.fromEntries(
    readdirSync(`${ROOT}${RESULTS}`)
      .filter((file) => file.endsWith('.json'))
      .map((file) => {
        const result = JSON.parse(readFileSync(`${ROOT}${RESULTS}/${file}`, 'utf8')) as MeasuredPart;
        return [result.part, result];
      }),
  );

/** What was reckoned last. */
export const readPaper = (): Paper => JSON.parse(readFileSync(`${ROOT}${PAPER}`, 'utf8')) as Paper;

export const writePaper = (paper: Paper): void => {
  mkdirSync(dirname(`${ROOT}${PAPER}`), { recursive: true });
  writeFileSync(`${ROOT}${PAPER}`, `${JSON.stringify(paper, null, 2)}\n`);
};

/**
 * Files that are made from results, by path from the root.
 * @param read what a page is now, by its path
 */
export const renderFiles = (
  { growth, ...results }: Results,
  paper: Paper,
  read: (path: string) => string,
): Readonly<Record<string, string>> => ({
  [PAGE]: renderPage(read(PAGE), results, { targets: () => renderTargets(results) }),
  ...Object.fromEntries(
    Object.values(results)
      .filter(({ pictured }) => pictured.length > 0)
      .map((result) => [`${PICTURES}/${result.part}.svg`, renderBars(result)]),
  ),
  ...(growth !== undefined && {
    [GROWTH_PAGE]: renderPage(read(GROWTH_PAGE), { growth }, growthSections(growth, paper)),
    [KEYS_PICTURE]: renderKeyBars(paper),
  }),
});

/** Brings the pages up to what was measured and reckoned. */
export const writePages = (): void => {
  const files = renderFiles(readResults(), readPaper(), (path) => readFileSync(`${ROOT}${path}`, 'utf8'));
  for (const [path, content] of Object.entries(files)) writeFileSync(`${ROOT}${path}`, content);
};

/**
 * The page with what was measured between its marks, `<!-- PART -->` and `<!-- /PART -->`; the words around are its author's.
 * @param sections what stands between other marks
 * @throws {Error} where the page has no place for a part, or a place for one that there is not
 */
export const renderPage = (
  page: string,
  results: Results,
  sections: Readonly<Record<string, () => string>> = {},
): string => {
  const rendered = new Set<string>();
  const filled = page.replaceAll(/<!-- (\w+) -->\n[\s\S]*?<!-- \/\1 -->/g, (_, mark: string) => {
    const [section, result] = [sections[mark], results[mark]];
    if (section === undefined && result === undefined) {
      throw new Error(`The page has a place for "${mark}", which was never measured.`);
    }
    rendered.add(mark);
    return `<!-- ${mark} -->\n${section?.() ?? renderPart(result as MeasuredPart)}\n<!-- /${mark} -->`;
  });
  const homeless = Object.keys(results).find((part) => !rendered.has(part));
  if (homeless !== undefined) throw new Error(`The page has no place for "${homeless}".`);
  return filled;
};

const renderTargets = (results: Results): string =>
  table(['wanted', 'measured', 'the limit itself', 'met'], judgeTargets(results));

const renderPart = (result: MeasuredPart): string =>
  [
    ...(result.pictured.length > 0 ? [`![${result.title}](performance/${result.part}.svg)`] : []),
    renderTable(result),
    Object.entries(result.contenders)
      .map(([name, description]) => `- \`${name}\`: ${description}`)
      .join('\n'),
    `${result.method} ${describeMachine(result)}`,
  ].join('\n\n');

const describeMachine = ({ machine }: MeasuredPart): string => {
  const { cores, date, load, memoryGiB, node, processor } = machine;
  return `${date}, ${processor}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, load ${load} before.`;
};

const renderTable = ({ compared = POSTERN, contenders, measures }: MeasuredPart): string => {
  const names = Object.keys(contenders);
  return names.length > MOST_COLUMNS ? byContender(names, measures) : byMeasure(names, measures, compared);
};

const titleOf = ({ name, unit }: Measure): string => (unit === '' ? name : `${name}, ${unit}`);
const ratioName = (contender: string, compared: string = POSTERN): string => `${compared} ÷ ${contender}`;

const spreadIn = ({ values }: Measure, contender: string): string => {
  const spread = values[contender];
  return spread === undefined ? '' : formatSpread(spread);
};
const ratioIn = ({ ratios }: Measure, contender: string): string => {
  const spread = ratios[contender];
  return spread === undefined ? '' : formatSpread(spread);
};

const byMeasure = (names: readonly string[], measures: readonly Measure[], compared: string): string => {
  const others = names.filter((name) => name !== compared && measures.some(({ ratios }) => ratios[name] !== undefined));
  return table(
    ['', ...names, ...others.map((name) => ratioName(name, compared))],
    measures.map((measure) => [
      titleOf(measure),
      ...names.map((name) => spreadIn(measure, name)),
      ...others.map((name) => ratioIn(measure, name)),
    ]),
  );
};

const byContender = (names: readonly string[], measures: readonly Measure[]): string =>
  table(
    ['', ...measures.flatMap((measure) => [titleOf(measure), ratioName('it')])],
    names.map((name) => [name, ...measures.flatMap((measure) => [spreadIn(measure, name), ratioIn(measure, name)])]),
  );
