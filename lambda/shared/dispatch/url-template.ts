/** A URL of a template: the fixed origin, and the texts between its separators. */
export interface UrlTemplate {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Segments of the path, the first one after the first slash. */
  readonly segments: readonly string[];
  /** Each part of the query: its fixed beginning with the `=`, and its value. */
  readonly query: readonly { readonly name: string; readonly value: string }[];
}

const FORM = /^(https?:\/\/[^/?#\\]+)(\/[^?#]*)?(?:\?([^#]*))?$/;

/** Splits a URL into its parts. Returns undefined for another text, and for a URL with a fragment. */
export const splitUrl = (template: string): UrlTemplate | undefined => {
  const match = FORM.exec(template);
  if (match === null) return undefined;
  const [, origin = '', path = '/', query] = match;
  return {
    origin,
    segments: path.slice(1).split('/'),
    query: query === undefined ? [] : query.split('&').map(splitParameter),
  };
};

const splitParameter = (parameter: string): { readonly name: string; readonly value: string } => {
  const end = parameter.indexOf('=') + 1;
  return end === 0 ? { name: parameter, value: '' } : { name: parameter.slice(0, end), value: parameter.slice(end) };
};

export const joinUrl = ({ origin, query, segments }: UrlTemplate): string => {
  const search = query.map(({ name, value }) => `${name}${value}`).join('&');
  return `${origin}/${segments.join('/')}${search === '' ? '' : `?${search}`}`;
};

/**
 * Encodes a text as one segment of a path or one value of a query. It encodes everything but the unreserved characters of RFC
 * 3986 §2.3, so that a URL parser leaves the result as it is.
 * @throws {URIError} if the text has a lone surrogate
 */
export const encodeUrlPart = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** A slash or backslash, plain or encoded any number of times. */
const SEPARATOR = /[/\\]|%(?:25)*(?:2f|5c)/i;

/** A segment that means this folder or the one above, plain or encoded any number of times (RFC 3986 §5.2.4). */
const DOT_SEGMENT = /^(?:\.|%(?:25)*2e){1,2}$/i;

/** A path parameter, which some servers remove before they look at the segment. */
const PARAMETER = /(?:;|%(?:25)*3b).*$/is;

/**
 * True if a value has no meaning as a segment of a path but itself: also for a server that decodes the path and then resolves
 * it, it stays below the path of the template.
 */
export const isPlainSegment = (value: string): boolean =>
  value !== '' && value.split(SEPARATOR).every((part) => !DOT_SEGMENT.test(part.replace(PARAMETER, '')));
