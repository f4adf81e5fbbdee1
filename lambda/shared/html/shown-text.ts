import { CALLBACK_ROUTES } from '../../contract/callback-routes.ts';
import { SHORT_CODE_CHARS } from '../../contract/limits.ts';
import { MAX_SHOWN_CHARS } from '../../contract/operator-limits.ts';
import { once } from '../lazy.ts';
import { maskCredentials } from '../mask-credentials.ts';

/**
 * Returns text that a sender chose, for a page: one line of at most 256 characters. A callback URL in it is replaced, because
 * people paste URLs. Control characters, and characters that change the direction of text, are shown by their numbers.
 */
export const showSenderText = (text: string): string => nameCharacters(cut(maskUrls(text)), CONTROL);

/** Returns text that a processor chose. It comes after the callbacks were issued, so tokens and short codes are masked too. */
export const showProcessorText = (text: string): string => showSenderText(maskCredentials(maskUrls(text)));

/** Returns the beginning of a payload. Line feeds and tabs stay, and it is not cut. A callback URL in it is replaced. */
export const showPreview = (text: string): string => nameCharacters(maskUrls(text), CONTROL_IN_PREVIEW);

const cut = (text: string): string => {
  // A character has at most two UTF-16 code units, so a long text is not split whole.
  const characters = [...text.slice(0, 2 * MAX_SHOWN_CHARS + 2)];
  return characters.length <= MAX_SHOWN_CHARS ? text : `${characters.slice(0, MAX_SHOWN_CHARS).join('')}…`;
};

/** A slash and a colon: as they are, in JSON of PHP (`\/`), or percent-encoded once or more often. */
const SLASH = String.raw`(?:\\?/|%(?:25)*2F)`;
const COLON = '(?::|%(?:25)*3A)';

/**
 * Any scheme and host before a path of a callback route; and what follows up to a blank or quote. Both are bounded, so that
 * the time for a text grows only with its length.
 */
const callbackUrl = once(() => {
  const prefixes = new Set(Object.values(CALLBACK_ROUTES).map(({ path }) => path.slice(0, path.indexOf('{'))));
  const paths = [...prefixes].map((prefix) => prefix.replaceAll('/', SLASH));
  // A segment is as long as a task id or a short code, so that the path of a file is not taken for a URL of ours.
  const segment = `[\\w-]{${SHORT_CODE_CHARS}}`;
  const origin = `(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}${COLON}${SLASH}{2}[^\\s"'<>/\\\\]{0,300}?`;
  return new RegExp(`(?:${origin})?(?:${paths.join('|')})${segment}[^\\s"'<>]*`, 'gi');
});

const maskUrls = (text: string): string => text.replace(callbackUrl(), '[callback URL]');

/**
 * Control and format characters, line and paragraph separators, private and unassigned characters, and lone surrogates:
 * Unicode's general categories C, Zl and Zp.
 */
const CONTROL = /[\p{C}\p{Zl}\p{Zp}]/gu;
const CONTROL_IN_PREVIEW = /(?![\t\n])[\p{C}\p{Zl}\p{Zp}]/gu;

const nameCharacters = (text: string, pattern: RegExp): string =>
  text.replace(
    pattern,
    (character) => `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
