import type { IncomingMessage } from 'node:http';

/** A request as it came in, headers in the order of their lines. */
export interface ReceivedRequest {
  readonly method: string;
  /** The request target, as sent. */
  readonly target: string;
  /** Path of the request target, as sent. */
  readonly path: string;
  /** Query without the question mark; empty if absent. */
  readonly query: string;
  /** `Host` without its port, lower case. */
  readonly host: string;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly clientAddress: string;
}

/** Limits of a load balancer's requests in bytes: one line, and all header lines together. */
const MAX_LINE_BYTES = 16_384;
const MAX_HEADERS_BYTES = 65_536;

/** Limit of Node's HTTP parser: above the load balancer's, whose response a larger request must get. */
export const PARSER_HEADER_BYTES = 4 * MAX_HEADERS_BYTES;

/** Names that the load balancer keeps when invalid header fields are dropped. */
const VALID_HEADER_NAME = /^[A-Za-z0-9-]+$/;
const PRINTABLE = /^[\x21-\x7e]*$/;

/**
 * Reads a request, or answers the status with which the load balancer refuses to read it. Node's parser lets more
 * through than a load balancer in its strictest mode.
 */
export const readRequest = (incoming: IncomingMessage): ReceivedRequest | number => {
  const method = incoming.method ?? '';
  const target = incoming.url ?? '';
  const headers = pairs(incoming.rawHeaders);
  if (method === 'TRACE') return 405;
  if (target.length > MAX_LINE_BYTES) return 414;
  if (!target.startsWith('/') || !PRINTABLE.test(target)) return 400;
  const sizes = headers.map(([name, value]) => name.length + value.length + ': \r\n'.length);
  if (sizes.some((size) => size > MAX_LINE_BYTES) || sizes.reduce((a, b) => a + b, 0) > MAX_HEADERS_BYTES) return 431;
  const hosts = headers.filter(([name]) => name === 'host');
  const host = hosts[0]?.[1];
  if (hosts.length !== 1 || !host) return 400;
  const [path = '', ...query] = target.split('?');
  return {
    method,
    target,
    path,
    query: query.join('?'),
    host: host.toLowerCase().replace(/:\d*$/, ''),
    headers: headers.filter(([name]) => VALID_HEADER_NAME.test(name)),
    clientAddress: incoming.socket.remoteAddress ?? '',
  };
};

/** Every value of a header, in the order of its lines. */
export const headerValues = (request: ReceivedRequest, name: string): readonly string[] =>
  request.headers.filter(([key]) => key === name).map(([, value]) => value);

const pairs = (raw: readonly string[]): readonly (readonly [string, string])[] => {
  const found: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) found.push([(raw[i] ?? '').toLowerCase(), raw[i + 1] ?? '']);
  return found;
};
