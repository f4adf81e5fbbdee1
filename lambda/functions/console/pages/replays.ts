import type { ReplayView } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, showTime } from '../../../shared/console/words.ts';
import { html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { listReplays, readEvidenceQuery } from '../../../shared/operator/list-evidence.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import { withoutMark } from './list-query.ts';
import { nextPage, processorLink, type ServicesOf, table, taskLink } from './parts.ts';

/** Tasks of which a used token came again with another content, newest first. */
export const replaysPage = async (
  { now, request }: Visit,
  { taskLists }: ServicesOf<'taskLists'>,
): Promise<ConsolePage | Refusal> => {
  const query = readEvidenceQuery(withoutMark(request), 'consoleReplays');
  if (isRefusal(query)) return query;
  const { cursor, replays } = await listReplays(taskLists, query, now * 1000);
  const count = countOf(replays.length, 'task with replays', 'tasks with replays');
  const next = cursor === undefined ? undefined : urlOf('consoleReplays', {}, { cursor });
  return {
    title: 'Replays',
    live: { seconds: LIVE_SECONDS.list, count },
    body: html`<p class="lead">A used token came again with another content. Postern refused the second delivery and kept nothing of it. If the
processor did not send it, its database or a log has leaked: revoke its callbacks.</p>
${bySource(replays)}
${table<ReplayView>(
  { caption: `${count}, newest first`, empty: 'No replay.', idOf: ({ taskId }) => `replay-${taskId}` },
  [
    { name: 'Task', cell: ({ taskId }) => taskLink(taskId) },
    { name: 'Application', cell: ({ application }) => html`${application}` },
    { name: 'Processor', cell: ({ processor }) => processorLink(processor) },
    { name: 'Last replay', cell: ({ at }) => showTime(at) },
    { name: 'From', cell: ({ from }) => html`<code>${from}</code>` },
    { name: 'Replays', cell: ({ count: times }) => html`${times}`, kind: 'number' },
    {
      name: 'First delivery',
      cell: ({ first }) =>
        first === undefined
          ? html`<span class="muted">not known</span>`
          : html`${showTime(first.at)}<br>${digest(first.sha256)}`,
    },
    { name: 'Refused delivery', cell: ({ second }) => html`${showTime(second.at)}<br>${digest(second.sha256)}` },
  ],
  replays,
)}
${nextPage(next)}`,
  };
};

/** The beginning of a digest is enough to compare two. */
const digest = (sha256: string) =>
  html`<code title="Beginning of the digest of path, media type and content">${sha256.slice(0, 12)}…</code>`;

interface Source {
  readonly processor: string;
  readonly from: string;
  readonly tasks: number;
}

/** Replays of this page by processor and source, the most frequent first. */
const bySource = (replays: readonly ReplayView[]) => {
  const sources = new Map<string, Source>();
  for (const { from, processor } of replays) {
    const key = `${processor} ${from}`;
    sources.set(key, { processor, from, tasks: (sources.get(key)?.tasks ?? 0) + 1 });
  }
  if (sources.size < 2) return undefined;
  return html`${table<Source>(
    {
      caption: 'By processor and source, on this page',
      empty: '',
      idOf: ({ from, processor }) => `source-${processor}-${from}`,
    },
    [
      { name: 'Processor', cell: ({ processor }) => processorLink(processor) },
      { name: 'From', cell: ({ from }) => html`<code>${from}</code>` },
      { name: 'Tasks', cell: ({ tasks }) => html`${tasks}`, kind: 'number' },
    ],
    [...sources.values()].sort((a, b) => b.tasks - a.tasks),
  )}
<h2>Tasks</h2>`;
};
