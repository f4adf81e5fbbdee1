import { ScenarioError, shorten } from './reporter.ts';

/** A path segment of this length or more may be a token or a code, and is shortened. */
const SECRET_CHARS = 20;

/**
 * Makes a request.
 * @throws {ScenarioError} with the request and the reason why there is no answer, without secrets
 */
export const request = async (url: string, init: RequestInit = {}): Promise<Response> => {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new ScenarioError(`${init.method ?? 'GET'} ${shown(url)} got no answer: ${causeOf(error)}.`);
  }
};

/** A URL that is safe to print: without its query, and with long path segments shortened. */
export const shown = (url: string): string => {
  if (!URL.canParse(url)) return `"${url.slice(0, SECRET_CHARS)}"`;
  const { origin, pathname } = new URL(url);
  const parts = pathname.split('/').map((part) => (part.length >= SECRET_CHARS ? shorten(part) : part));
  return `${origin}${parts.join('/')}`;
};

/** Message of the underlying error, which Node hides behind "fetch failed". */
export const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.map(causeOf).join('; ');
  if (cause instanceof Error) return causeOf(cause);
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
};
