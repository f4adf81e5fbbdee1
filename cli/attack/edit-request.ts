import type { RawRequest } from './exchange.ts';

type Headers = RawRequest['headers'];

/** The request without some headers. Names in lower case. */
export const without = (request: RawRequest, ...names: readonly string[]): RawRequest => ({
  ...request,
  headers: request.headers.filter(([name]) => !names.includes(name.toLowerCase())),
});

/** The request with more header lines. */
export const withHeaders = (request: RawRequest, ...headers: Headers): RawRequest => ({
  ...request,
  headers: [...request.headers, ...headers],
});

/** The request with another value for a header. */
export const withHeader = (request: RawRequest, name: string, value: string): RawRequest =>
  withHeaders(without(request, name.toLowerCase()), [name, value]);

/** Headers that carry a callback token. */
const TOKEN_HEADERS = ['authorization', 'callback-token'] as const;

/** The request without its token. */
export const withoutToken = (request: RawRequest): RawRequest => without(request, ...TOKEN_HEADERS);
