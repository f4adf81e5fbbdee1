import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderBars } from './bars.ts';
import { formatSpread } from './format.ts';
import { POSTERN } from './measure.ts';
import type { Measure, MeasuredPart } from './result.ts';
import { judgeTargets } from './targets.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGE = 'docs/performance.md';
const PICTURES = 'docs/performance';
const RESULTS = 'bench/results';
/** Where the page has what was wanted. */
const TARGETS_MARK = 'targets';

/** With more contenders than this a table has a line each, instead of a column. */
const MOST_COLUMNS = 3;

/** Every result that was written last, by part. */
export const readResults = (): Readonly<Record<string, MeasuredPart>> =>
  Object.fromEntries(
    readdirSync(`${ROOT}${RESULTS}`).map((file) => {
      const result = JSON.parse(readFileSync(`${ROOT}${RESULTS}/${file}`, 'utf8')) as MeasuredPart;
      return [result.part, result];
    }),
  );

/** Files that are made from results, by path from the root. */
export const renderFiles = (
  results: Readonly<Record<string, MeasuredPart>>,
  page: string,
): Readonly<Record<string, string>> => ({
  [PAGE]: renderPage(page, results),
  ...Object.fromEntries(
    Object.values(results)
      .filter(({ pictured }) => pictured.length > 0)
      .map((result) => [`${PICTURES}/${result.part}.svg`, renderBars(result)]),
  ),
});

/** Brings the page up to what was measured. */
export const writePage = (): void => {
  const files = renderFiles(readResults(), readFileSync(`${ROOT}${PAGE}`, 'utf8'));
  for (const [path, content] of Object.entries(files)) writeFileSync(`${ROOT}${path}`, content);
};

/**
 * The page with what was measured between its marks, `<!-- PART -->` and `<!-- /PART -->`; the words around are its author's.
 * @throws {Error} where the page has no place for a part, or a place for one that there is not
 */
export const renderPage = (page: string, results: Readonly<Record<string, MeasuredPart>>): string => {
  const rendered = new Set<string>();
  const filled = page.replaceAll(/<!-- (\w+) -->\n[\s\S]*?<!-- \/\1 -->/g, (_, part: string) => {
    if (part === TARGETS_MARK) return `<!-- ${part} -->\n${renderTargets(results)}\n<!-- /${part} -->`;
    const result = results[part];
    if (result === undefined) throw new Error(`${PAGE} has a place for "${part}", which was never measured.`);
    rendered.add(part);
    return `<!-- ${part} -->\n${renderPart(result)}\n<!-- /${part} -->`;
  });
  const homeless = Object.keys(results).find((part) => !rendered.has(part));
  if (homeless !== undefined) throw new Error(`${PAGE} has no place for "${homeless}".`);
  return filled;
};

const renderTargets = (results: Readonly<Record<string, MeasuredPart>>): string =>
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

const renderTable = ({ contenders, measures }: MeasuredPart): string => {
  const names = Object.keys(contenders);
  return names.length > MOST_COLUMNS ? byContender(names, measures) : byMeasure(names, measures);
};

const titleOf = ({ name, unit }: Measure): string => (unit === '' ? name : `${name}, ${unit}`);
const ratioName = (contender: string): string => `${POSTERN} ÷ ${contender}`;

const spreadIn = ({ values }: Measure, contender: string): string => {
  const spread = values[contender];
  return spread === undefined ? '' : formatSpread(spread);
};
const ratioIn = ({ ratios }: Measure, contender: string): string => {
  const spread = ratios[contender];
  return spread === undefined ? '' : formatSpread(spread);
};

const byMeasure = (names: readonly string[], measures: readonly Measure[]): string => {
  const others = names.filter((name) => name !== POSTERN && measures.some(({ ratios }) => ratios[name] !== undefined));
  return table(
    ['', ...names, ...others.map(ratioName)],
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

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
