import * as v from 'valibot';
import { expandName } from '../../contract/abbreviations.ts';
import { jsonPointer } from '../../shared/http/json-body.ts';
import { type ProblemError, type Refusal, refuse } from '../../shared/refusal.ts';

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name of a property as it was sent, shortened: enough to find it, and never a page of it. */
const quote = (name: string): string => JSON.stringify(name.slice(0, 64));

/** A request's properties under their full names, the names they were sent by, and what is wrong with those. */
interface Named {
  readonly values: Readonly<Record<string, unknown>>;
  readonly sentAs: ReadonlyMap<string, string>;
  readonly errors: readonly ProblemError[];
}

const nameProperties = (body: Record<string, unknown>, known: readonly string[], abbreviations: boolean): Named => {
  const values: Record<string, unknown> = {};
  const sentAs = new Map<string, string>();
  const errors: ProblemError[] = [];
  for (const [sent, value] of Object.entries(body)) {
    const meant = abbreviations ? expandName(sent, known) : known.filter((name) => name === sent);
    const [name] = meant;
    const pointer = jsonPointer([sent]);
    if (name === undefined) errors.push({ pointer, detail: `${quote(sent)} is not a property of this request` });
    else if (meant.length > 1) errors.push({ pointer, detail: `${quote(sent)} may mean ${meant.join(' or ')}` });
    else if (sentAs.has(name)) errors.push({ pointer, detail: `${name} may be given once` });
    else {
      values[name] = value;
      sentAs.set(name, sent);
    }
  }
  return { values, sentAs, errors };
};

/**
 * Reads a JSON value as a request of this form; the refusal names each fault and each unknown property.
 * @param abbreviations whether a name may be cut to an unambiguous prefix
 */
export const readForm = <E extends v.ObjectEntries>(
  form: v.ObjectSchema<E, undefined>,
  body: unknown,
  abbreviations: boolean,
): v.InferOutput<v.ObjectSchema<E, undefined>> | Refusal => {
  if (!isJsonObject(body)) return invalid([{ pointer: '', detail: 'must be a JSON object' }]);
  const named = nameProperties(body, Object.keys(form.entries), abbreviations);
  const { issues = [], output, success } = v.safeParse(form, named.values);
  const faults = issues.map(({ message, path = [] }) => {
    const [first, ...rest] = path.map(({ key }) => key as string | number);
    const sent = named.sentAs.get(String(first)) ?? first;
    return {
      pointer: jsonPointer(sent === undefined ? [] : [sent, ...rest]),
      detail: path[0]?.origin === 'key' ? 'is required' : message,
    };
  });
  return success && named.errors.length === 0 ? output : invalid([...named.errors, ...faults]);
};

/** The refusal of a request for these faults. */
export const invalid = (errors: readonly ProblemError[]): Refusal =>
  refuse('request_invalid', `${errors.length} faults in the request`, { errors });
