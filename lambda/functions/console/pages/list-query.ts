import { DONE } from '../../../shared/console/notice.ts';
import type { HttpRequest } from '../../../shared/http/message.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import type { FilterField } from './parts.ts';

/** Query of a list: valid, or with an error for each invalid field. */
export type ReadFilters<Q> =
  | { readonly query: Q; readonly faults?: undefined }
  | { readonly query?: undefined; readonly faults: ReadonlyMap<string, string> };

/**
 * Reads the query of a list as the operator API does. A form sends fields without a value too: these are no filters. The mark of
 * an action that was done is not one either.
 */
export const readFilters = <Q extends object>(
  request: HttpRequest,
  read: (request: HttpRequest) => Q | Refusal,
): ReadFilters<Q> => {
  const query = read(withoutEmptyFields(request));
  if (!isRefusal(query)) return { query };
  const faults = (query.errors ?? []).flatMap((error) =>
    'parameter' in error ? [[error.parameter, error.detail] as const] : [],
  );
  return { faults: new Map(faults) };
};

const withoutEmptyFields = (request: HttpRequest): HttpRequest => ({
  ...request,
  query: request.query.flatMap(([name, value]) =>
    value === '' || name === DONE ? [] : [[name, completeTime(name, value)] as const],
  ),
});

/** A person may leave out what a time of the API has: `2026-11-30`, and `2026-11-30 08:00`. */
const completeTime = (name: string, sent: string): string => {
  if (!/^(created|expires)?(after|before)$/i.test(name)) return sent;
  const [, day, , time, seconds] =
    /^(\d{4}-\d\d-\d\d)((?:[ T]|\+|%20)(\d\d(?::|%3A)\d\d)((?::|%3A)\d\d)?)?$/i.exec(sent) ?? [];
  return day === undefined ? sent : `${day}T${time ?? '00:00'}${seconds ?? ':00'}Z`;
};

/** Returns what makes the fields of a filter form, with the values that were sent and what is wrong with them. */
export const fieldsOf = (
  { query }: HttpRequest,
  faults: ReadonlyMap<string, string> | undefined,
): ((label: string, name: string, more?: Partial<FilterField>) => FilterField) => {
  const sent = new Map(query.map(([name, value]) => [name, decode(value)]));
  return (label, name, more = {}) => ({ label, name, value: sent.get(name) ?? '', fault: faults?.get(name), ...more });
};

/** Drops the mark of an action that was done, which is not part of a list's query. */
export const withoutMark = (request: HttpRequest): HttpRequest => ({
  ...request,
  query: request.query.filter(([name]) => name !== DONE),
});

/** The query of a list whose oldest items come first. */
export const oldestFirst = (request: HttpRequest): HttpRequest => ({
  ...request,
  query: [...withoutMark(request).query.filter(([name]) => name !== 'order'), ['order', 'oldest']],
});

const decode = (value: string): string => {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
};
