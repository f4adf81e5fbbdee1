import { MAX_REMOTE_ID_CHARS, MIN_ECHO_CHARS } from '../../contract/dispatch-limits.ts';
import type { Callback } from '../../contract/sender-api.ts';

const REMOTE_ID = new RegExp(`^[ -~]{1,${MAX_REMOTE_ID_CHARS}}$`);

/**
 * Returns the id of the job at the processor: an integer, or a text of 1 to 256 printable ASCII characters. An id of any other
 * form is absent and never cut, because a part of an id may be the id of another job. An integer that a double cannot hold is
 * absent too.
 * @param answer body of the answer, JSON
 * @param pointer JSON pointer (RFC 6901)
 * @param forbidden texts that were sent and must not be kept: see `secretTexts`
 */
export const readRemoteId = (answer: string, pointer: string, forbidden: readonly string[]): string | undefined => {
  const value = valueAt(parse(answer), pointer);
  const id = Number.isSafeInteger(value) ? String(value) : value;
  return typeof id === 'string' && REMOTE_ID.test(id) && !repeatsSecret(id, forbidden) ? id : undefined;
};

/**
 * Returns the secret texts of a request: the parts of its tokens, short codes, jtis and secrets.
 * @param callbacks callbacks as they were issued
 * @param others jtis, and the values of secrets and access tokens
 */
export const secretTexts = (
  callbacks: readonly Pick<Callback, 'url' | 'token'>[],
  others: readonly string[],
): readonly string[] => {
  // Without a token beside it, the last segment of a URL is the token or the short code.
  const tokens = callbacks.map(({ token, url }) => token ?? url.slice(url.lastIndexOf('/') + 1));
  return [...tokens.flatMap((token) => token.split('.')), ...others.map((text) => text.trim())].filter(
    (text) => text !== '',
  );
};

/** True if a text has a secret, or as much of one as cannot be there by chance. */
const repeatsSecret = (id: string, forbidden: readonly string[]): boolean => {
  if (forbidden.some((text) => id.includes(text))) return true;
  for (let start = 0; start + MIN_ECHO_CHARS <= id.length; start += 1) {
    const part = id.slice(start, start + MIN_ECHO_CHARS);
    if (forbidden.some((text) => text.includes(part))) return true;
  }
  return false;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** RFC 6901 §4. */
const ARRAY_INDEX = /^(?:0|[1-9][0-9]*)$/;

const valueAt = (document: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, name) => {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      if (Array.isArray(value) && !ARRAY_INDEX.test(name)) return undefined;
      return (value as Readonly<Record<string, unknown>>)[name];
    }, document);
