import type { TaskStatus } from '../../../contract/task.ts';
import { type Html, html, type Url } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';

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

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => Html;
  /** @default false */
  readonly isNumber?: boolean;
}

/** A table. The first column is the heading of its row. @param empty what to say without rows */
export const table = <T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  idOf: (row: T) => string,
  empty: string,
): Html =>
  rows.length === 0
    ? html`<p class="empty">${empty}</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ isNumber, name }) => html`<th scope="col" class="${isNumber ? 'number' : ''}">${name}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr id="${idOf(row)}">${columns.map(({ cell, isNumber }, i) =>
    i === 0 ? html`<th scope="row">${cell(row)}</th>` : html`<td class="${isNumber ? 'number' : ''}">${cell(row)}</td>`,
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
