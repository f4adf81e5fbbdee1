import type { IncomingMessage } from 'node:http';

/** Limits of a fetch. */
export interface FetchBounds {
  /** Time from the call to the last byte. */
  readonly timeoutMilliseconds: number;
  readonly maxBytes: number;
}

export interface FetchedDocument {
  readonly status: number;
  readonly body: Uint8Array;
}

/**
 * Fetches a small document with GET. Redirects are not followed. It uses `node:https`, which this code has loaded anyway: the
 * global `fetch` would load another HTTP client at a cold start.
 * @throws if the response is late, a redirect, or larger than allowed
 */
export const fetchBounded = (
  url: string,
  { maxBytes, timeoutMilliseconds }: FetchBounds,
  headers: Readonly<Record<string, string>> = {},
): Promise<FetchedDocument> =>
  new Promise((resolve, reject) => {
    const target = new URL(url);
    const { get } = process.getBuiltinModule(target.protocol === 'https:' ? 'node:https' : 'node:http');
    const request = get(target, { headers: { 'user-agent': 'postern', ...headers }, agent: false });
    const timer = setTimeout(() => request.destroy(timeoutError(timeoutMilliseconds)), timeoutMilliseconds);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      request.destroy();
      reject(error);
    };
    request.once('error', fail);
    request.once('response', (response) => {
      readAll(response, maxBytes).then((document) => {
        clearTimeout(timer);
        resolve(document);
      }, fail);
    });
  });

const readAll = async (response: IncomingMessage, maxBytes: number): Promise<FetchedDocument> => {
  const { statusCode: status = 0 } = response;
  if (status >= 300 && status < 400) throw new TypeError('The response is a redirect.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new RangeError(`The document is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return { status, body: Buffer.concat(chunks) };
};

const timeoutError = (milliseconds: number): Error =>
  Object.assign(new Error(`The document has not come in ${milliseconds} ms.`), { name: 'TimeoutError' });
