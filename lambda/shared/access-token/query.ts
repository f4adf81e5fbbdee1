import { expandName } from '../../contract/abbreviations.ts';
import type { ProblemError } from '../../contract/problem.ts';
import type { HttpRequest } from '../http/message.ts';

/** Query parameters by their full names, and the errors of the query. */
export interface Query {
  readonly values: ReadonlyMap<string, string>;
  readonly errors: readonly ProblemError[];
}

/**
 * Decodes a value as URLSearchParams does (https://url.spec.whatwg.org/#concept-urlencoded-parser). The load balancer passes
 * values on as they were sent. @returns undefined for a text that is not percent-encoded UTF-8
 */
const decode = (value: string): string | undefined => {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};

/**
 * Reads the query of a route with these parameters. Unknown and repeated names are errors.
 * @param abbreviations true if a name may be shortened to an unambiguous prefix
 */
export const readQuery = ({ query }: HttpRequest, known: readonly string[], abbreviations: boolean): Query => {
  const values = new Map<string, string>();
  const seen = new Set<string>();
  const errors = new Map<string, ProblemError>();
  const addError = (parameter: string, detail: string) => errors.set(parameter, { parameter, detail });
  for (const [sent, value] of query) {
    const candidates = abbreviations ? expandName(sent, known) : known.filter((name) => name === sent);
    const [name] = candidates;
    if (name === undefined) addError(sent, 'is not a query parameter of this route');
    else if (candidates.length > 1) addError(sent, `may mean ${candidates.join(' or ')}`);
    else if (seen.has(name))
      addError(sent, sent === name ? 'may be given once' : `is ${name}, which may be given once`);
    else {
      seen.add(name);
      const decoded = decode(value);
      if (decoded === undefined) addError(sent, 'must be percent-encoded UTF-8');
      else values.set(name, decoded);
    }
  }
  return { values, errors: [...errors.values()] };
};
