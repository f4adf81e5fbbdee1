import { type AuditEntry, OPERATOR_ACTIONS } from '../../contract/audit.ts';
import type { AuditPage } from '../../contract/operator-api.ts';
import { writeCursor } from '../http/cursor.ts';
import type { HttpRequest } from '../http/message.ts';
import { orUnavailable } from '../or-unavailable.ts';
import type { Refusal } from '../refusal.ts';
import { positionAfter, positionBefore } from '../tables/time-range.ts';
import type { AuditReader } from './audit-reader.ts';
import { checkOneOf, checkText, checkTime, type ListQuery, readListQuery } from './list-query.ts';

/** Longest `sub` or target to search for, in characters. `sub` of an ID token has at most 255 (OpenID Connect Core §2). */
const MAX_SEARCHED_CHARS = 256;

const FILTERS = {
  operator: checkText(MAX_SEARCHED_CHARS),
  action: checkOneOf(OPERATOR_ACTIONS),
  target: checkText(MAX_SEARCHED_CHARS),
  after: checkTime,
  before: checkTime,
} as const;

export type AuditQuery = ListQuery<keyof typeof FILTERS>;

/** Reads the query of `GET /v1/operator/audit`. */
export const readAuditQuery = (request: HttpRequest): AuditQuery | Refusal =>
  readListQuery(request, 'operatorListAudit', FILTERS);

/** Most items that are read for one page. If a filter matches few of them, the page is short and has a cursor. */
const MAX_READ = 2_048;

export interface AuditListOptions {
  readonly audit: AuditReader;
  /** Time that an item is kept. No older month is read. */
  readonly retentionSeconds: number;
}

/**
 * Lists actions of operators, newest first, month by month.
 * @param now milliseconds since 1970
 */
export const listAudit = async (
  { audit, retentionSeconds }: AuditListOptions,
  { binding, filters, limit, position }: AuditQuery,
  now: number,
): Promise<AuditPage> => {
  const after = positionAfter(filters.after);
  const oldest = new Date(now - retentionSeconds * 1000).toISOString();
  const lastMonth = monthOf(after !== undefined && after > oldest ? after : oldest);
  const isFiltered = [filters.operator, filters.action, filters.target].some((value) => value !== undefined);
  const found: AuditEntry[] = [];
  let before = position ?? positionBefore(filters.before);
  let month = monthOf(earlier(before, new Date(now).toISOString()));
  let last = position;
  let read = 0;
  while (month >= lastMonth) {
    // The range includes the item at its end. The list does not have that item.
    const wanted = isFiltered ? MAX_READ / 8 : limit + 2 - found.length;
    const part = await orUnavailable('audit table', audit.read({ month, after, before, limit: wanted }));
    read += Math.max(1, part.entries.length);
    for (const { entry, position: key } of part.entries) {
      if (matches(entry, filters)) found.push(entry);
      if (found.length > limit) break;
      last = key;
    }
    if (found.length > limit) break;
    if (part.ended) month = monthBefore(month);
    else before = last;
    if (read >= MAX_READ && month >= lastMonth) break;
  }
  const isComplete = month < lastMonth && found.length <= limit;
  return {
    audit: found.slice(0, limit),
    ...(!isComplete && last !== undefined && { cursor: writeCursor(last, binding) }),
  };
};

const matches = (entry: AuditEntry, { action, operator, target }: AuditQuery['filters']): boolean =>
  (operator === undefined || entry.operator.sub === operator) &&
  (action === undefined || entry.action === action) &&
  (target === undefined || entry.target === target);

/** The first of two times; a position begins with its time. */
const earlier = (position: string | undefined, now: string): string =>
  position !== undefined && position < now ? position : now;

/** `2026-11-30T…` → `2026-11` */
const monthOf = (time: string): string => time.slice(0, 7);

const monthBefore = (month: string): string => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, '0')}`;
};
