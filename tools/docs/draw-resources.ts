/** Rectangle with a title and lines of text below the title. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly lines?: readonly string[];
  /** Text at the right edge. The title is then at the left edge instead of in the middle. */
  readonly aside?: string;
  readonly kind: 'ingress' | 'function' | 'state' | 'monitoring' | 'outside';
}

export type Right = 'read' | 'write' | 'both';

/** Content of the picture of an environment's resources. */
export interface Resources {
  readonly environment: string;
  readonly ingress: readonly { readonly title: string; readonly lines: readonly string[] }[];
  /** Rows of the picture, from top to bottom. `memory` is in MB. */
  readonly functions: readonly { readonly name: string; readonly calledBy: string; readonly memory: number }[];
  readonly state: readonly { readonly name: string; readonly encryptedWith: string }[];
  /** Rights by the name of the function, then by the name of the state. */
  readonly rights: Readonly<Record<string, Readonly<Record<string, Right>>>>;
  readonly monitoring: readonly { readonly title: string; readonly lines: readonly string[] }[];
}

const ROW = 44;
const COLUMN = 82;
const TOP = 150;
const CALLER_X = 250;
const FUNCTION_X = 440;
const FUNCTION_WIDTH = 228;
const MATRIX_X = 692;

/**
 * Draws the picture as SVG: ingress at the left, then the caller of each function, then the rights of each function.
 * @throws {Error} if a text does not fit into its box
 */
export const drawResources = (resources: Resources): string => {
  const { ingress, environment, functions, rights, state, monitoring } = resources;
  const width = MATRIX_X + state.length * COLUMN + 24;
  const bottom = TOP + functions.length * ROW;
  const monitoringY = bottom + 92;
  const height = monitoringY + 108;
  const callers = groups(functions.map(({ calledBy }) => calledBy));
  const rowY = (row: number) => TOP + row * ROW;

  const ingressHeight = (callers[0]?.count ?? 1) * ROW - 8;
  const shown = ingress.map(({ lines, title }, i): Box => {
    const each = Math.floor((ingressHeight - (ingress.length - 1) * 18) / ingress.length);
    return { x: 24, y: TOP + i * (each + 18), width: 180, height: each, title, lines, kind: 'ingress' };
  });
  const boxes: Box[] = [
    ...shown,
    ...callers.map(
      ({ count, first, name }): Box => ({
        x: CALLER_X,
        y: rowY(first),
        width: 150,
        height: count * ROW - 8,
        title: name,
        kind: first === 0 ? 'ingress' : 'outside',
      }),
    ),
    ...functions.map(
      ({ memory, name }, row): Box => ({
        x: FUNCTION_X,
        y: rowY(row),
        width: FUNCTION_WIDTH,
        height: ROW - 8,
        title: name,
        aside: `${memory} MB`,
        kind: 'function',
      }),
    ),
    ...monitoring.map(({ lines, title }, i): Box => {
      const each = Math.floor((width - 48 - (monitoring.length - 1) * 16) / monitoring.length);
      return { x: 24 + i * (each + 16), y: monitoringY, width: each, height: 84, title, lines, kind: 'monitoring' };
    }),
  ];
  const arrows = [
    ...shown.slice(1).map(({ x, y, width: w }) => arrow(x + w / 2, y - 18, x + w / 2, y)),
    ...(shown.at(-1) && callers[0]
      ? [
          arrow(
            204,
            (shown.at(-1)?.y ?? 0) + (shown.at(-1)?.height ?? 0) / 2,
            CALLER_X,
            (shown.at(-1)?.y ?? 0) + (shown.at(-1)?.height ?? 0) / 2,
          ),
        ]
      : []),
    ...functions.map((_, row) => arrow(CALLER_X + 150, rowY(row) + 18, FUNCTION_X, rowY(row) + 18)),
  ];
  const columns = state.map(({ encryptedWith, name }, i) => {
    const x = MATRIX_X + i * COLUMN + COLUMN / 2;
    return `<line class="grid" x1="${x}" y1="${TOP}" x2="${x}" y2="${bottom - 8}"/>${name
      .split(' ')
      .map(
        (word, line, words) =>
          `<text class="state" x="${x}" y="${TOP - 14 - (words.length - 1 - line) * 16}">${escaped(word)}</text>`,
      )
      .join('')}<text class="small" x="${x}" y="${bottom + 18}">${escaped(encryptedWith)}</text>`;
  });
  const dots = functions.flatMap(({ name }, row) =>
    state.flatMap((one, i) => {
      const right = rights[name]?.[one.name];
      if (right === undefined) return [];
      const [x, y] = [MATRIX_X + i * COLUMN + COLUMN / 2, rowY(row) + 18];
      return [
        `<circle class="${right === 'read' ? 'read' : 'write'}" cx="${x}" cy="${y}" r="9"/>`,
        ...(right === 'both' ? [`<circle class="inner" cx="${x}" cy="${y}" r="4"/>`] : []),
      ];
    }),
  );
  const rows = functions.map(
    (_, row) =>
      `<line class="grid" x1="${FUNCTION_X + FUNCTION_WIDTH}" y1="${rowY(row) + 18}" x2="${width - 24}" y2="${rowY(row) + 18}"/>`,
  );
  const legend = [
    `<circle class="read" cx="${MATRIX_X + 14}" cy="54" r="9"/><text x="${MATRIX_X + 32}" y="59">reads</text>`,
    `<circle class="write" cx="${MATRIX_X + 104}" cy="54" r="9"/><text x="${MATRIX_X + 122}" y="59">writes, signs or sends</text>`,
    `<circle class="write" cx="${MATRIX_X + 304}" cy="54" r="9"/><circle class="inner" cx="${MATRIX_X + 304}" cy="54" r="4"/><text x="${MATRIX_X + 322}" y="59">both</text>`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14" role="img" aria-labelledby="title desc">
<title id="title">Resources of the environment ${environment}</title>
<desc id="desc">From left to right: what a request passes before a function, what calls each function, and what each function may read and write. Below: monitoring.</desc>
<style>${STYLE}</style>
<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="head" d="M0 0 10 5 0 10z"/></marker></defs>
<rect class="page" width="${width}" height="${height}"/>
<text class="heading" x="24" y="42">Resources of ${escaped(environment)}</text>
<text class="quiet" x="24" y="64">drawn from its templates</text>
<text class="quiet" x="24" y="${TOP - 14}">ingress</text>
<text class="quiet" x="${CALLER_X}" y="${TOP - 14}">called by</text>
<text class="quiet" x="${FUNCTION_X}" y="${TOP - 14}">function</text>
<text class="quiet" x="${FUNCTION_X}" y="${bottom + 18}">encrypted with</text>
<text class="quiet" x="24" y="${monitoringY - 14}">monitoring</text>
${[...rows, ...columns, ...arrows, ...boxes.map(box), ...dots, ...legend].join('\n')}
</svg>
`;
};

/** Groups neighbours that have the same name. */
const groups = (
  names: readonly string[],
): readonly { readonly name: string; readonly first: number; readonly count: number }[] => {
  const found: { name: string; first: number; count: number }[] = [];
  for (const [i, name] of names.entries()) {
    const last = found.at(-1);
    if (last?.name === name) last.count += 1;
    else found.push({ name, first: i, count: 1 });
  }
  return found;
};

const arrow = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="arrow" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" marker-end="url(#arrow)"/>`;

/** Width of a letter of a wide font, relative to the font size. It is large enough for any font that a reader may have. */
const LETTER = 0.62;
const SMALL = 12;
const MARGIN = 6;

/** @throws {Error} if a text is wider than the box */
const box = ({ aside, height, kind, lines = [], title, width, x, y }: Box): string => {
  const [first, middle] = [y + height / 2 + 5 - lines.length * 8.5, x + width / 2];
  const rowWidth = title.length * 14 * LETTER + (aside === undefined ? 0 : (aside.length + 1) * SMALL * LETTER);
  for (const [text, wide] of [
    [title, rowWidth],
    ...lines.map((line) => [line, line.length * SMALL * LETTER]),
  ] as const) {
    if (Number(wide) > width - 2 * MARGIN) throw new Error(`"${text}" is wider than its box.`);
  }
  const text = [
    ...(aside === undefined
      ? [`<text class="title" x="${middle}" y="${first}">${escaped(title)}</text>`]
      : [
          `<text class="name" x="${x + 10}" y="${first}">${escaped(title)}</text>`,
          `<text class="aside" x="${x + width - 10}" y="${first}">${escaped(aside)}</text>`,
        ]),
    ...lines.map((line, i) => `<text class="small" x="${middle}" y="${first + (i + 1) * 17}">${escaped(line)}</text>`),
  ];
  return `<rect class="box ${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>${text.join('')}`;
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const STYLE = `
svg{--page:#fff;--ink:#0f172a;--quiet:#64748b;--line:#94a3b8;--grid:#e2e8f0;--ingress:#eff6ff;--function:#f0fdf4;--monitoring:#fefce8;--outside:#f8fafc;--dot:#1d4ed8}
@media (prefers-color-scheme:dark){svg{--page:#0d1117;--ink:#e6edf3;--quiet:#9aa7b5;--line:#64748b;--grid:#243040;--ingress:#12233f;--function:#10281d;--monitoring:#2b260f;--outside:#161b22;--dot:#79a8ff}}
.page{fill:var(--page)}text{fill:var(--ink)}.heading{font-size:20px;font-weight:600}.quiet{fill:var(--quiet);font-size:13px}.title,.small,.state{text-anchor:middle}.aside{text-anchor:end}.title,.name{font-weight:600}.small,.aside{font-size:12px;fill:var(--quiet)}.state{font-size:13px}
.box{stroke:var(--line);stroke-width:1.2}.ingress{fill:var(--ingress)}.function{fill:var(--function)}.monitoring{fill:var(--monitoring)}.outside{fill:var(--outside)}
.arrow{stroke:var(--line);stroke-width:1.4}.head{fill:var(--line)}.grid{stroke:var(--grid)}.read{fill:var(--page);stroke:var(--dot);stroke-width:3}.write{fill:var(--dot)}.inner{fill:var(--page)}
`.replaceAll('\n', '');
