import { expandName } from '../../contract/abbreviations.ts';
import type { HttpRequest } from '../http/message.ts';
import type { ProblemError } from '../refusal.ts';

/** Query parameters by their full names, and the errors of the query. */
export interface Query {
  readonly values: ReadonlyMap<string, string>;
  readonly errors: readonly ProblemError[];
}

/**
 * Reads the query of a route with these parameters. Unknown and repeated names are errors.
 * @param abbreviations true if a name may be shortened to an unambiguous prefix
 */
export const readQuery = ({ query }: HttpRequest, known: readonly string[], abbreviations: boolean): Query => {
  const values = new Map<string, string>();
  const errors = new Map<string, ProblemError>();
  const addError = (parameter: string, detail: string) => errors.set(parameter, { parameter, detail });
  for (const [sent, value] of query) {
    const candidates = abbreviations ? expandName(sent, known) : known.filter((name) => name === sent);
    const [name] = candidates;
    if (name === undefined) addError(sent, 'is not a query parameter of this route');
    else if (candidates.length > 1) addError(sent, `may mean ${candidates.join(' or ')}`);
    else if (values.has(name))
      addError(sent, sent === name ? 'may be given once' : `is ${name}, which may be given once`);
    else values.set(name, value);
  }
  return { values, errors: [...errors.values()] };
};
