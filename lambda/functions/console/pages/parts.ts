import type { Grade } from '../../../contract/proofs.ts';
import type { QuarantineReason, TaskStatus } from '../../../contract/task.ts';
import { type Html, html, type Url } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import type { OperatorServices } from '../../../shared/operator/operator-services.ts';

/** Some of the services of operators. */
export type ServicesOf<N extends keyof OperatorServices> = Pick<OperatorServices, N>;

/** Form of a time in a filter. */
export const TIME_FORM = '2026-11-30T08:00:00Z';

const TONES: Readonly<Record<TaskStatus, string>> = {
  pending: '',
  succeeded: ' good',
  failed: ' bad',
  expired: ' warn',
  cancelled: '',
};

/** The status of a task, as a word with a colour. */
export const statusLabel = (status: TaskStatus): Html => html`<span class="state${TONES[status]}">${status}</span>`;

/** A link to a task. */
export const taskLink = (taskId: string): Html =>
  html`<a class="short" href="${urlOf('consoleTask', { taskId })}"><code>${taskId}</code></a>`;

/** A link to a processor. A task may have one that is not in the registry any more. */
export const processorLink = (id: string): Html => html`<a href="${urlOf('consoleProcessor', { id })}">${id}</a>`;

/** The grade of a callback in words. */
export const gradeInWords = (grade: Grade): string => `${grade}, ${GRADE_WORDS[grade]}`;

const GRADE_WORDS: Readonly<Record<Grade, string>> = {
  A: 'proof of possession',
  B: 'second secret',
  C: 'bearer token',
  D: 'bearer URL',
};

/** Why a delivery is kept. */
export const WHY_KEPT: Readonly<Record<QuarantineReason, string>> = {
  late: 'after the task had ended',
  reopened: 'before the task was reopened',
};

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => Html;
  /** @default short words, which stay on one line where there is room */
  readonly kind?: 'number' | 'text';
}

export interface TableText<T> {
  readonly caption: string;
  /** What the page says if there is no row. */
  readonly empty: string;
  /** Id of a row on the page. */
  readonly idOf: (row: T) => string;
}

/** A table. The first column is the heading of its row. */
export const table = <T>(
  { caption, empty, idOf }: TableText<T>,
  columns: readonly Column<T>[],
  rows: readonly T[],
): Html =>
  rows.length === 0
    ? html`<p class="empty">${empty}</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ kind = '', name }) => html`<th scope="col" class="${kind}">${name}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr id="${idOf(row)}">${columns.map(({ cell, kind = '' }, i) =>
    i === 0 ? html`<th scope="row">${cell(row)}</th>` : html`<td class="${kind}">${cell(row)}</td>`,
  )}</tr>
`,
)}</tbody>
</table></div>`;

/** The link to the next page of a list. */
export const nextPage = (url: Url | undefined): Html =>
  url === undefined ? html`` : html`<p class="more"><a href="${url}" rel="next">Next page</a></p>`;

export interface FilterField {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  /** Absent: a text field. */
  readonly options?: readonly string[];
  readonly placeholder?: string;
  readonly fault?: string | undefined;
}

/** The form with the filters of a list. A filtered view is a URL. */
export const filterForm = (
  action: Url,
  fields: readonly FilterField[],
): Html => html`<form class="filters" action="${action}">
${fields.map(filterField)}<p class="field"><button>Filter</button></p>
</form>`;

const filterField = ({ fault, label, name, options, placeholder = '', value }: FilterField): Html => {
  const id = `filter-${name}`;
  const input =
    options === undefined
      ? html`<input id="${id}" name="${name}" value="${value}" placeholder="${placeholder}" autocomplete="off">`
      : html`<select id="${id}" name="${name}"><option value="">any</option>${options.map((option) => optionOf(option, value))}</select>`;
  return html`<p class="field"><label for="${id}">${label}</label>${input}${fault !== undefined && html`<span class="fault">${label} ${fault}</span>`}</p>
`;
};

const optionOf = (option: string, value: string): Html =>
  option === value
    ? html`<option value="${option}" selected>${option}</option>`
    : html`<option value="${option}">${option}</option>`;
