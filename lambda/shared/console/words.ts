import { OUTCOMES } from '../../contract/outcomes.ts';
import { type Html, html, passing } from '../html/template.ts';
import type { Refusal } from '../refusal.ts';

/** A time as people read it, in UTC. A line may break before the time of day. The script adds the local time. @param time RFC 3339 */
export const showTime = (time: string): Html =>
  html`<time datetime="${time}">${time.slice(0, 'YYYY-MM-DD'.length)} ${time.slice(11, 19)}\u00a0UTC</time>`;

/** A time that is ahead, and how far. The script lets it tick. @param now seconds since 1970 */
export const showDeadline = (time: string, now: number): Html =>
  html`${showTime(time)} ${passing(html`<span class="muted" data-until="${time}">${durationInWords(Math.floor(Date.parse(time) / 1000) - now)}</span>`)}`;

/** `in 3 h 20 min`. The script has the same words. */
const durationInWords = (seconds: number): string => {
  if (seconds <= 0) return 'now';
  const [d, h, m, s] = [seconds / 86_400, (seconds / 3_600) % 24, (seconds / 60) % 60, seconds % 60].map(
    Math.floor,
  ) as [number, number, number, number];
  if (d > 0) return `in ${d} d ${h} h`;
  if (h > 0) return `in ${h} h ${m} min`;
  return m > 0 ? `in ${m} min ${s} s` : `in ${s} s`;
};

/** `1 task`, `2 tasks`. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** `1,234 B`, `56.7 KiB`. */
export const sizeInWords = (bytes: number): string =>
  bytes < 1_024
    ? `${bytes} B`
    : bytes < 1_024 * 1_024
      ? `${(bytes / 1_024).toFixed(1)} KiB`
      : `${(bytes / 1_024 / 1_024).toFixed(1)} MiB`;

/** Says why an operator may not do something now. @param roles of the operator @param status of the task */
export const explainRefusal = ({ code }: Refusal, roles: readonly string[], status = ''): string => {
  switch (code) {
    case 'operator_role_missing':
      return `Your role ${roles.join(' and ')} may not do this.`;
    case 'action_disabled':
      return 'This environment switches this action off.';
    case 'task_closed':
      return `The task is ${status}.`;
    case 'task_pending':
      return 'The task is pending.';
    default:
      return OUTCOMES[code].title;
  }
};
