import type { CallbackUrl } from './callback-urls.ts';

const REDACTED = '[redacted]';

/** Texts that give access: the URL, its last segment, which may be a token or a code, and the token. */
const secretsOf = ({ token, url }: CallbackUrl): readonly string[] => [
  url,
  ...(token === undefined ? [new URL(url).pathname.split('/').pop() ?? ''] : [token]),
];

/** Returns a JSON value or a text without the secrets of a callback: a server could repeat them in its answer. */
export const redact = <T>(value: T, callback: CallbackUrl): T => {
  let text = JSON.stringify(value);
  for (const secret of secretsOf(callback)) {
    if (secret !== '') text = text.replaceAll(JSON.stringify(secret).slice(1, -1), REDACTED);
  }
  return JSON.parse(text) as T;
};
