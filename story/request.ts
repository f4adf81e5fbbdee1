import { StoryError, shorten } from './teller.ts';

/** A part of a path with this many characters or more may be a token or a code, and is not shown whole. */
const SECRET_CHARS = 20;

/**
 * Makes a request.
 * @throws {StoryError} naming what was asked for and why there is no answer, without anything secret
 */
export const request = async (url: string, init: RequestInit = {}): Promise<Response> => {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new StoryError(`${init.method ?? 'GET'} ${shown(url)} got no answer: ${causeOf(error)}.`);
  }
};

/** A URL as it may be shown: without its query, and with the beginnings of what may be secret in its path. */
export const shown = (url: string): string => {
  if (!URL.canParse(url)) return `"${url.slice(0, SECRET_CHARS)}"`;
  const { origin, pathname } = new URL(url);
  const parts = pathname.split('/').map((part) => (part.length >= SECRET_CHARS ? shorten(part) : part));
  return `${origin}${parts.join('/')}`;
};

/** What the connection says: Node hides it behind "fetch failed". */
export const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.map(causeOf).join('; ');
  if (cause instanceof Error) return causeOf(cause);
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
};
