import { expandName } from '../../contract/abbreviations.ts';
import type { HttpRequest } from '../http/message.ts';
import type { ProblemError } from '../refusal.ts';

/** The query of a request, by the full names of its parameters, and what is wrong with it. */
export interface Query {
  readonly values: ReadonlyMap<string, string>;
  readonly errors: readonly ProblemError[];
}

/**
 * Reads the query of a route that knows these parameters. Unknown names and names given twice are faults.
 * @param abbreviations whether a name may be cut to an unambiguous prefix
 */
export const readQuery = ({ query }: HttpRequest, known: readonly string[], abbreviations: boolean): Query => {
  const values = new Map<string, string>();
  const errors = new Map<string, ProblemError>();
  const fault = (parameter: string, detail: string) => errors.set(parameter, { parameter, detail });
  for (const [sent, value] of query) {
    const meant = abbreviations ? expandName(sent, known) : known.filter((name) => name === sent);
    const [name] = meant;
    if (name === undefined) fault(sent, 'is not a query parameter of this route');
    else if (meant.length > 1) fault(sent, `may mean ${meant.join(' or ')}`);
    else if (values.has(name)) fault(sent, sent === name ? 'may be given once' : `is ${name}, which may be given once`);
    else values.set(name, value);
  }
  return { values, errors: [...errors.values()] };
};
