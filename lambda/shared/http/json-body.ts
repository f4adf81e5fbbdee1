import { parseJson } from '../json.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { HttpRequest } from './message.ts';

const JSON_MEDIA_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

/**
 * Reads the JSON value of a request's body, which must be `application/json` in UTF-8, not encoded, and within the limit of
 * the route.
 * @param limit bytes
 */
export const readJsonBody = (request: HttpRequest, limit: number): { readonly value: unknown } | Refusal => {
  const [contentType = '', ...others] = request.header('content-type');
  if (others.length > 0 || !JSON_MEDIA_TYPE.test(contentType.trim())) {
    return refuse('content_type_refused', 'not application/json');
  }
  if (request.header('content-encoding').some((line) => !/^(identity)?$/i.test(line.trim()))) {
    return refuse('content_type_refused', 'content encoding');
  }
  if (request.bodySize > limit) return refuse('payload_too_large', `more than ${limit} bytes`);
  try {
    return { value: parseJson(request.body()) };
  } catch {
    return refuse('request_invalid', 'body is not JSON', {
      errors: [{ pointer: '', detail: 'is not a JSON text in UTF-8' }],
    });
  }
};

/** Returns the JSON pointer (RFC 6901) of a path of member names and indices. */
export const jsonPointer = (path: readonly (string | number)[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
