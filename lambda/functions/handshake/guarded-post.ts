import { lookup as resolve } from 'node:dns';
import { request as requestInClear } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { HANDSHAKE } from '../../contract/limits.ts';
import { type Egress, mayConnectTo } from './addresses.ts';

export interface GuardedPostOptions {
  readonly egress: Egress;
  /** Resolves names. @default the system's resolver */
  readonly resolve?: typeof resolve;
}

const NOT_CALLED = 'The address is none that may be called.';

export interface PostedAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * POSTs JSON to somebody else's URL, guarded: https alone unless this environment is one machine, only to addresses that it
 * may call to, no redirects, three seconds and 4 KB at most. The address that was checked is the one that is connected to:
 * nothing is resolved a second time (no rebinding).
 * @throws {Error} where there is no answer of that kind
 */
export const guardedPost = (url: URL, body: object, options: GuardedPostOptions): Promise<PostedAnswer> => {
  const { egress } = options;
  const isClear = url.protocol === 'http:';
  if (!(url.protocol === 'https:' || (isClear && egress === 'loopback'))) {
    return Promise.reject(new Error('The URL is neither https nor on this machine.'));
  }
  // A host in the form of an address is not looked up.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !mayConnectTo(host, egress)) return Promise.reject(new Error(NOT_CALLED));
  const text = JSON.stringify(body);
  return new Promise((answer, reject) => {
    const request = (isClear ? requestInClear : requestOverTls)(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      lookup: guardedLookup(options),
      // No connection is kept: the next call may be to an address that is checked anew.
      agent: false,
      signal: AbortSignal.timeout(HANDSHAKE.timeoutMilliseconds),
    });
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= HANDSHAKE.maxAnswerBytes) return;
        // Before it is ended: its end may have come with these bytes.
        reject(new Error('The answer is too large.'));
        request.destroy();
      });
      response.once('error', reject);
      response.once('end', () =>
        answer({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.end(text);
  });
};

/** Resolves a name and lets through what may be connected to; with one address that may not, nothing of the name may. */
const guardedLookup =
  ({ egress, resolve: resolveName = resolve }: GuardedPostOptions): LookupFunction =>
  (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      if (addresses.length === 0 || addresses.some(({ address }) => !mayConnectTo(address, egress))) {
        return callback(new Error(NOT_CALLED), []);
      }
      return options.all
        ? callback(null, addresses)
        : callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
