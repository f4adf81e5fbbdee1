import { formatNumber, formatSpread } from './markdown.ts';
import { POSTERN } from './measure.ts';
import type { Measure, PartResult } from './result.ts';

const WIDTH = 760;
const MARGIN = 16;
const LABELS = 120;
const VALUES = 170;
const BARS = WIDTH - 2 * MARGIN - LABELS - VALUES;
const ROW = 22;
const BAR = 14;
const TITLE = 26;
const GAP = 14;

export const STYLE = `
    svg{--page:#fff;--ink:#0f172a;--quiet:#64748b;--ours:#1d4ed8;--other:#94a3b8;--limit:#16a34a;--line:#334155}
    @media (prefers-color-scheme:dark){svg{--page:#0d1117;--ink:#e6edf3;--quiet:#9aa7b5;--ours:#79a8ff;--other:#57616d;--limit:#3fb950;--line:#c9d3dd}}
    .page{fill:var(--page)}.ink{fill:var(--ink)}.quiet{fill:var(--quiet)}.ours{fill:var(--ours)}.other{fill:var(--other)}.limit{fill:var(--limit)}.spread{stroke:var(--line)}
  `;

export const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const classOf = (contender: string): string =>
  contender === POSTERN ? 'ours' : contender === 'limit' ? 'limit' : 'other';

/**
 * Bars of the measures that a part wants in its picture: one group a measure, each on a scale of its own from 0, a bar a
 * contender with its median, and a line from its lowest to its highest.
 */
export const renderBars = (result: PartResult): string => {
  const measures = result.measures.filter(({ name }) => result.pictured.includes(name));
  let y = MARGIN;
  const groups = measures.map((measure) => {
    const top = y;
    y += TITLE + Object.keys(measure.values).length * ROW + GAP;
    return renderGroup(measure, top);
  });
  const height = y - GAP + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
  <title id="title">${escapeText(result.title)}</title>
  <desc id="desc">${escapeText(measures.map(describe).join(' '))}</desc>
  <style>${STYLE}</style>
  <rect class="page" width="${WIDTH}" height="${height}"/>
${groups.join('\n')}
</svg>
`;
};

/** What the picture says, for who cannot see it. */
const describe = ({ name, unit, values }: Measure): string =>
  `${name}: ${Object.entries(values)
    .map(([contender, { median }]) => `${contender} ${formatNumber(median)} ${unit}`.trim())
    .join(', ')}.`;

const renderGroup = ({ higherIsBetter, name, unit, values }: Measure, top: number): string => {
  const longest = Math.max(...Object.values(values).map(({ max }) => max));
  const lengthOf = (value: number): number => Math.round((longest === 0 ? 0 : value / longest) * BARS * 10) / 10;
  const start = MARGIN + LABELS;
  const rows = Object.entries(values).map(([contender, spread], index) => {
    const y = top + TITLE + index * ROW;
    const middle = y + BAR / 2;
    const text = middle + 5;
    const { max, median, min } = spread;
    const line =
      min === max
        ? ''
        : `<path class="spread" stroke-width="1.4" d="M${start + lengthOf(min)} ${middle}H${start + lengthOf(max)}M${start + lengthOf(min)} ${middle - 4}v8M${start + lengthOf(max)} ${middle - 4}v8"/>`;
    return `  <text x="${start - 8}" y="${text}" text-anchor="end" class="ink"${contender === POSTERN ? ' font-weight="600"' : ''}>${escapeText(contender)}</text><rect x="${start}" y="${y}" width="${lengthOf(median)}" height="${BAR}" rx="2" class="${classOf(contender)}"/>${line}<text x="${start + lengthOf(max) + 8}" y="${text}" class="quiet" font-size="12">${formatSpread(spread)}</text>`;
  });
  const better = higherIsBetter ? 'more is better' : 'less is better';
  const title = unit === '' ? name : `${name}, ${unit}`;
  return `  <text x="${MARGIN}" y="${top + 13}" class="ink" font-weight="600">${escapeText(title)}<tspan class="quiet" font-weight="400"> — ${better}</tspan></text>\n${rows.join('\n')}`;
};
