import { OPERATOR_ACTIONS, type OperatorAction } from '../../contract/audit.ts';
import { NOTICE_COOKIE } from '../../contract/console-session.ts';
import { NOTICE_SECONDS } from '../../contract/operator-limits.ts';
import type { HttpRequest } from '../http/message.ts';
import type { ConsoleKey } from './console-key.ts';
import { cookieLine, cookieOf, nameOfCookie } from './session.ts';

/** What an action has done. `dispatch_all`: a bulk job does the action `dispatch` on many tasks. */
export type NoticeName = OperatorAction | 'dispatch_all';

/** What each action has done. */
export const NOTICES: Readonly<Record<NoticeName, string>> = {
  cancel: 'Task cancelled.',
  revoke: 'Callbacks revoked.',
  reopen: 'Task reopened.',
  accept: 'Late delivery accepted.',
  discard: 'Late delivery discarded.',
  reveal: 'Payload revealed.',
  revoke_all: 'Callbacks are being revoked.',
  abort: 'Job aborted.',
  redrive: 'Redriven.',
  retire: 'Key retired.',
  dispatch: 'Task is queued again.',
  dispatch_all: 'Work is being queued again.',
  pause: 'Processor paused.',
  resume_dispatch: 'Processor resumed.',
};

const NOTICE_NAMES: readonly NoticeName[] = [...OPERATOR_ACTIONS, 'dispatch_all'];

const KIND = 'notice';

/** Query parameter with the id of the audit item of the action. */
export const DONE = 'done';

/**
 * Returns the `Set-Cookie` line with which the next page says once what an action has done. The browser keeps the mark, so that
 * a GET changes nothing in the tables.
 * @param now seconds since 1970
 */
export const keepNotice = (
  key: ConsoleKey,
  origin: string,
  { action, auditId, operator }: { readonly action: NoticeName; readonly auditId: string; readonly operator: string },
  now: number,
): string => {
  const until = now + NOTICE_SECONDS;
  const value = `${auditId}.${action}.${until}.${key.sign([KIND, operator, auditId, action, until])}`;
  return cookieLine(origin, nameOfCookie(NOTICE_COOKIE, origin), value, NOTICE_SECONDS);
};

/** Returns what an action of this operator has done, if this page is the first one after it, and the line that ends the cookie. */
export const takeNotice = (
  request: HttpRequest,
  key: ConsoleKey,
  origin: string,
  operator: string,
  now: number,
): { readonly notice: string; readonly cookie: string } | undefined => {
  const done = request.query.filter(([name]) => name === DONE);
  if (done.length !== 1) return undefined;
  const name = nameOfCookie(NOTICE_COOKIE, origin);
  const [, auditId = '', action = '', until = '', mac = ''] =
    /^([\w-]{22})\.([a-z_]+)\.(\d{1,12})\.([\w-]{43})$/.exec(cookieOf(request, name)) ?? [];
  const known = NOTICE_NAMES.find((one) => one === action);
  if (known === undefined || done[0]?.[1] !== auditId || Number(until) < now) return undefined;
  if (!key.verify([KIND, operator, auditId, action, Number(until)], mac)) return undefined;
  return { notice: NOTICES[known], cookie: cookieLine(origin, name, '', 0) };
};
