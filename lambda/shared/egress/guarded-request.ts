import { NOTFOUND, lookup as resolve } from 'node:dns';
import { type IncomingHttpHeaders, request as requestInClear } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { describeError } from '../refusal.ts';
import { type Egress, mayConnectTo } from './addresses.ts';

export interface GuardOptions {
  readonly egress: Egress;
  /** Resolves host names. @default the system's resolver */
  readonly resolve?: typeof resolve;
}

export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Time from the look-up of the name to the last byte of the answer. */
  readonly timeoutMilliseconds: number;
  readonly maxAnswerBytes: number;
}

/** What came of a request. */
export type GuardedAnswer =
  | {
      readonly isAnswered: true;
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** Undefined if the body is too large, was cut off, or came too late. */
      readonly body: string | undefined;
    }
  | {
      readonly isAnswered: false;
      /** Code or name of the error: never its message, which may quote the request. */
      readonly code: string;
      /** True if the other party may have got the request. */
      readonly mayBeSent: boolean;
    };

/** Code of a request to an address that must not be called. */
export const REFUSED_ADDRESS = 'AddressRefused';
/** Code of a request without an answer in its time. */
const TIMED_OUT = 'TimedOut';

/**
 * Sends a request to another party, with these limits: https (http only with egress `loopback`), allowed addresses, no redirects,
 * a time and a size. The connection goes to the checked address: the name is not resolved a second time, which prevents DNS
 * rebinding. An answer has its status as soon as the status line is read, whatever becomes of its headers and its body. Never
 * rejects.
 */
export const guardedRequest = (
  { body, headers, maxAnswerBytes, method, timeoutMilliseconds, url }: OutgoingRequest,
  options: GuardOptions,
): Promise<GuardedAnswer> => {
  const { egress } = options;
  const isClear = url.protocol === 'http:';
  // An address as host is not looked up, so it is checked here.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isAllowed = url.protocol === 'https:' || (isClear && egress === 'loopback');
  if (!isAllowed || (isIP(host) !== 0 && !mayConnectTo(host, egress))) {
    return Promise.resolve({ isAnswered: false, code: REFUSED_ADDRESS, mayBeSent: false });
  }
  return new Promise((answer) => {
    let isConnected = false;
    let start = '';
    let received: IncomingHttpHeaders = {};
    const signal = AbortSignal.timeout(Math.ceil(timeoutMilliseconds));
    const fail = (code: string) => {
      // The answer is not whole: its headers were cut off or are too large, or its body is late. Its status counts all the same, and
      // so do headers that were read: `Retry-After` is one of them.
      const status = statusOf(start);
      if (status === undefined) answer({ isAnswered: false, code, mayBeSent: isConnected });
      else answer({ isAnswered: true, status, headers: received, body: undefined });
    };
    const begin = () =>
      (isClear ? requestInClear : requestOverTls)(url, {
        method,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        lookup: guardedLookup(options),
        // No connection is kept, so that the address of every call is checked.
        agent: false,
        signal,
      });
    let request: ReturnType<typeof begin>;
    try {
      request = begin();
    } catch (error) {
      // A header has a character that a header cannot have.
      fail(error instanceof Error ? codeOf(error) : 'Error');
      return;
    }
    request.once('socket', (socket) => {
      socket.once(isClear ? 'connect' : 'secureConnect', () => {
        isConnected = true;
      });
      // Before the listener of Node, which reports an answer that it cannot read at once.
      socket.prependListener('data', (chunk: Buffer) => {
        if (start.length < MAX_START_CHARS) start += chunk.toString('latin1', 0, MAX_START_CHARS);
      });
    });
    // More than one error may come. An event `error` without listener would end the process.
    request.on('error', (error) => fail(signal.aborted ? TIMED_OUT : codeOf(error)));
    // Without this listener, Node closes the connection and emits nothing else.
    request.once('upgrade', ({ headers: upgraded, statusCode: status = 0 }, socket) => {
      socket.destroy();
      answer({ isAnswered: true, status, headers: upgraded, body: undefined });
    });
    request.once('response', (response) => {
      const { statusCode: status = 0 } = response;
      received = response.headers;
      const chunks: Buffer[] = [];
      let size = 0;
      const end = (text: string | undefined) => answer({ isAnswered: true, status, headers: received, body: text });
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= maxAnswerBytes) return;
        // Answers first: the end of the response may have arrived with these bytes.
        end(undefined);
        request.destroy();
      });
      response.on('error', () => end(undefined));
      response.once('aborted', () => end(undefined));
      response.once('end', () => end(response.complete ? Buffer.concat(chunks).toString('utf8') : undefined));
    });
    request.end(body);
  });
};

/** Characters of the beginning of an answer that are kept until its headers are read. */
const MAX_START_CHARS = 4_096;

/** The status line (RFC 9112 §4), after interim answers (RFC 9110 §15.2). */
const STATUS_LINE =
  /^(?:HTTP\/1\.1 1\d\d[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)*HTTP\/1\.[01] ([2-9]\d\d)(?: [^\r\n]*)?\r\n/;

/** Returns the status of the beginning of an answer; undefined if its status line is not there. */
const statusOf = (start: string): number | undefined => {
  const status = STATUS_LINE.exec(start)?.[1];
  return status === undefined ? undefined : Number(status);
};

/** Returns the code of a system error, or else the name of the error. */
const codeOf = (error: Error & { readonly code?: unknown }): string =>
  typeof error.code === 'string' ? error.code : describeError(error);

const withCode = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

/** Resolves a name. Fails if one of its addresses is not allowed. */
const guardedLookup =
  ({ egress, resolve: resolveName = resolve }: GuardOptions): LookupFunction =>
  (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      if (addresses.length === 0) return callback(withCode(NOTFOUND), []);
      if (addresses.some(({ address }) => !mayConnectTo(address, egress))) {
        return callback(withCode(REFUSED_ADDRESS), []);
      }
      return options.all
        ? callback(null, addresses)
        : callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
