import { lookup as resolve } from 'node:dns';
import { request as requestInClear } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { HANDSHAKE } from '../../contract/limits.ts';
import { type Egress, mayConnectTo } from './addresses.ts';

export interface GuardedPostOptions {
  readonly egress: Egress;
  /** Resolves host names. @default the system's resolver */
  readonly resolve?: typeof resolve;
}

const REFUSED_ADDRESS = 'The address must not be called.';

export interface PostResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * POSTs JSON to a URL of another party, with these limits: https (http only with egress `loopback`), allowed addresses, no
 * redirects, at most three seconds and 4 KB. The connection goes to the checked address: the name is not resolved a second
 * time, which prevents DNS rebinding.
 * @throws {Error} if there is no such response
 */
export const guardedPost = (url: URL, body: object, options: GuardedPostOptions): Promise<PostResponse> => {
  const { egress } = options;
  const isClear = url.protocol === 'http:';
  if (!(url.protocol === 'https:' || (isClear && egress === 'loopback'))) {
    return Promise.reject(new Error('The URL is neither https nor on this machine.'));
  }
  // An address as host is not looked up, so it is checked here.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !mayConnectTo(host, egress)) return Promise.reject(new Error(REFUSED_ADDRESS));
  const text = JSON.stringify(body);
  return new Promise((answer, reject) => {
    const request = (isClear ? requestInClear : requestOverTls)(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      lookup: guardedLookup(options),
      // No connection is kept, so that the address of every call is checked.
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
        // Rejects first: the end of the response may have arrived with these bytes.
        reject(new Error('The response is too large.'));
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

/** Resolves a name. Fails if one of its addresses is not allowed. */
const guardedLookup =
  ({ egress, resolve: resolveName = resolve }: GuardedPostOptions): LookupFunction =>
  (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      if (addresses.length === 0 || addresses.some(({ address }) => !mayConnectTo(address, egress))) {
        return callback(new Error(REFUSED_ADDRESS), []);
      }
      return options.all
        ? callback(null, addresses)
        : callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
