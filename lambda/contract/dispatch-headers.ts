/* Headers of requests to processors. */

/** RFC 9110 §5.1. */
export const HEADER_NAME_PATTERN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Printable ASCII without blanks at its ends: recipients remove those (RFC 9110 §5.5). */
export const HEADER_VALUE_PATTERN = /^[!-~](?:[ -~]*[!-~])?$/;

/** Names that a template may not have, in lower case. */
const REFUSED_NAMES: ReadonlySet<string> = new Set([
  // Written by the connection (RFC 9110 §7.6.1, RFC 9113 §8.2.2, RFC 7540 §3.2.1).
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Written by Postern, or part of how it sends.
  'accept-encoding',
  'content-digest',
  'content-encoding',
  'content-type',
  'idempotency-key',
  // These make a request look as if it came from another client.
  'cookie',
  'forwarded',
]);

/** Beginnings of names that a template may not have, in lower case. */
const REFUSED_BEGINNINGS = ['proxy-', 'signature', 'webhook-', 'x-amzn-', 'x-forwarded-'] as const;

/** True if the template of a processor may not have a header of this name. The case of the name does not matter. */
export const isRefusedHeader = (name: string): boolean => {
  const lower = name.toLowerCase();
  return REFUSED_NAMES.has(lower) || REFUSED_BEGINNINGS.some((beginning) => lower.startsWith(beginning));
};
