import { escapeText, STYLE } from '../benchmarks/harness/bars.ts';
import { formatNumber } from '../benchmarks/harness/markdown.ts';
import type { Distribution } from './key-distribution.ts';
import type { Paper } from './model.ts';

const WIDTH = 760;
const MARGIN = 16;
const TITLE = 24;
const HEIGHT = 70;
const GAP = 26;

const TITLES = {
  tasks: 'tasks table: keys of each of 64 partitions',
  jti: 'jti table: keys of each of 64 partitions',
  shards: 'indexes: tasks of each shard',
} as const;

/** How evenly keys are spread: a bar for each partition or shard, from 0, and a line where all of them would be even. */
export const renderKeyBars = ({ keys, tasks }: Paper): string => {
  const groups = (Object.keys(TITLES) as (keyof typeof TITLES)[]).map((name, i) =>
    renderGroup(TITLES[name], keys[name], MARGIN + i * (TITLE + HEIGHT + GAP)),
  );
  const height = MARGIN + groups.length * (TITLE + HEIGHT + GAP) - GAP + MARGIN;
  const title = `Keys of ${tasks.toLocaleString('en-US')} tasks`;
  const described = (Object.keys(TITLES) as (keyof typeof TITLES)[])
    .map((name) => `${TITLES[name]}: the fullest has ${formatNumber(keys[name].maxByMean)} of the mean.`)
    .join(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
  <title id="title">${escapeText(title)}</title>
  <desc id="desc">${escapeText(described)}</desc>
  <style>${STYLE}</style>
  <rect class="page" width="${WIDTH}" height="${height}"/>
${groups.join('\n')}
</svg>
`;
};

const round = (value: number): number => Math.round(value * 10) / 10;

const renderGroup = (title: string, { counts, maxByMean }: Distribution, top: number): string => {
  const most = Math.max(...counts);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const step = (WIDTH - 2 * MARGIN) / counts.length;
  const foot = top + TITLE + HEIGHT;
  const heightOf = (count: number): number => round((count / most) * HEIGHT);
  const bars = counts.map(
    (count, i) =>
      `<rect x="${round(MARGIN + i * step)}" y="${round(foot - heightOf(count))}" width="${round(step * 0.8)}" height="${heightOf(count)}" class="ours"/>`,
  );
  const line = round(foot - heightOf(mean));
  return `  <text x="${MARGIN}" y="${top + 13}" class="ink" font-weight="600">${escapeText(title)}<tspan class="quiet" font-weight="400"> — the fullest has ${formatNumber(maxByMean)} of the mean</tspan></text>
  ${bars.join('')}<path class="spread" stroke-width="1.2" stroke-dasharray="4 3" d="M${MARGIN} ${line}H${WIDTH - MARGIN}"/>`;
};
