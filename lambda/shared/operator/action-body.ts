import { MAX_REASON_CHARS } from '../../contract/limits.ts';
import type { ProblemError } from '../../contract/problem.ts';
import { jsonPointer, readJsonBody } from '../http/json-body.ts';
import type { HttpRequest } from '../http/message.ts';
import { hasRepeatedMember } from '../json.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';

/** Check of one property of a body. */
export interface Property<T> {
  readonly isValid: (value: unknown) => value is T;
  /** For the client, if the value is not valid. */
  readonly expectation: string;
  readonly isOptional?: true;
}

type Properties = Readonly<Record<string, Property<unknown>>>;
type ValueOf<P> = P extends Property<infer T> ? (P extends { readonly isOptional: true } ? T | undefined : T) : never;
export type Body<P extends Properties> = { readonly [N in keyof P]: ValueOf<P[N]> };

/**
 * Reads the body of an operator's request: a JSON object with exactly these properties, each once. The refusal lists every
 * error.
 */
export const readActionBody = <P extends Properties>(
  request: HttpRequest,
  limit: number,
  properties: P,
): Body<P> | Refusal => {
  const body = readJsonBody(request, limit);
  if (isRefusal(body)) return body;
  const { value } = body;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid([{ pointer: '', detail: 'must be a JSON object' }]);
  }
  if (hasRepeatedMember(Buffer.from(request.body()).toString('utf8'))) {
    return invalid([{ pointer: '', detail: 'must have each property once' }]);
  }
  const values = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(values)
    .filter((name) => !Object.hasOwn(properties, name))
    .map((name) => ({ pointer: jsonPointer([name]), detail: 'is not a property of this request' }));
  const wrong = Object.entries(properties).flatMap(([name, property]): readonly ProblemError[] => {
    const pointer = jsonPointer([name]);
    if (!Object.hasOwn(values, name)) return property.isOptional ? [] : [{ pointer, detail: 'is required' }];
    return property.isValid(values[name]) ? [] : [{ pointer, detail: property.expectation }];
  });
  return unknown.length + wrong.length > 0 ? invalid([...unknown, ...wrong]) : (values as Body<P>);
};

const invalid = (errors: readonly ProblemError[]): Refusal =>
  refuse('request_invalid', `${errors.length} faults in the request`, { errors });

/** The reason of an action. A lone UTF-16 surrogate cannot be stored as UTF-8 (RFC 7493 §2.1). */
export const REASON: Property<string> = {
  isValid: (value): value is string => {
    if (typeof value !== 'string') return false;
    const { length } = [...value];
    return length >= 1 && length <= MAX_REASON_CHARS && value.isWellFormed();
  },
  expectation: `must be a text of 1 to ${MAX_REASON_CHARS} characters`,
};

/** The revision of the task that the operator saw. */
export const REVISION: Property<number> = {
  isValid: (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
  expectation: 'must be the `revision` of the task that you read, a whole number from 0',
};
