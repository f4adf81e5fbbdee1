import { PAGE_SIZE } from '../../contract/limits.ts';
import type { ProblemError } from '../../contract/problem.ts';
import { readQuery } from '../access-token/query.ts';
import { readCursor } from '../http/cursor.ts';
import type { HttpRequest } from '../http/message.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { readTime } from '../tables/time-range.ts';

/** Check of a query parameter: returns a message for the client, or undefined if the value is valid. */
export type ParameterCheck = (value: string) => string | undefined;

/** The query of a list. */
export interface ListQuery<N extends string> {
  readonly filters: Readonly<Partial<Record<N, string>>>;
  /** Most items of the page. */
  readonly limit: number;
  /** Position of the cursor. */
  readonly position: string | undefined;
  /** Binds the cursor of the next page to this list and its filters. */
  readonly binding: readonly string[];
}

/** Reads the query of a list with these filters. The refusal lists every invalid parameter. */
export const readListQuery = <N extends string>(
  request: HttpRequest,
  route: string,
  checks: Readonly<Record<N, ParameterCheck>>,
): ListQuery<N> | Refusal => {
  const names = Object.keys(checks) as N[];
  const { errors, values } = readQuery(request, [...names, 'limit', 'cursor'], false);
  const binding = [route, ...names.map((name) => values.get(name) ?? '')];
  const cursor = values.get('cursor');
  const position = cursor === undefined ? undefined : readCursor(cursor, binding);
  const all: Readonly<Record<string, ParameterCheck>> = {
    ...checks,
    limit: checkLimit,
    cursor: () => (position === undefined ? 'must be a cursor that was given with a page of this list' : undefined),
  };
  const faults = Object.entries(all).flatMap(([parameter, check]): readonly ProblemError[] => {
    const value = values.get(parameter);
    const detail = value === undefined ? undefined : check(value);
    return detail === undefined ? [] : [{ parameter, detail }];
  });
  if (errors.length + faults.length > 0) {
    return refuse('request_invalid', 'query not understood', { errors: [...errors, ...faults] });
  }
  return {
    filters: Object.fromEntries(names.map((name) => [name, values.get(name)])) as Partial<Record<N, string>>,
    limit: Number(values.get('limit') ?? PAGE_SIZE.default),
    position,
    binding,
  };
};

const checkLimit: ParameterCheck = (value) =>
  /^[1-9]\d{0,2}$/.test(value) && Number(value) <= PAGE_SIZE.max
    ? undefined
    : `must be a whole number from ${PAGE_SIZE.min} to ${PAGE_SIZE.max}`;

export const checkTime: ParameterCheck = (value) =>
  readTime(value) === undefined ? 'must be a time in UTC, as 2026-11-30T08:00:00Z' : undefined;

export const checkOneOf =
  (options: readonly string[]): ParameterCheck =>
  (value) =>
    options.includes(value) ? undefined : `must be one of ${options.join(', ')}`;

export const checkPattern =
  (pattern: RegExp, expectation: string): ParameterCheck =>
  (value) =>
    pattern.test(value) ? undefined : expectation;

export const checkText =
  (max: number): ParameterCheck =>
  (value) => {
    const { length } = [...value];
    return length >= 1 && length <= max && value.isWellFormed()
      ? undefined
      : `must be a text of 1 to ${max} characters`;
  };
