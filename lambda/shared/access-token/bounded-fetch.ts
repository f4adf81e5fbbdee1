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
 * Fetches a small document with GET. Redirects are not followed.
 * @throws if the response is late, a redirect, or larger than allowed
 */
export const fetchBounded = async (
  url: string,
  { timeoutMilliseconds, maxBytes }: FetchBounds,
  headers: Readonly<Record<string, string>> = {},
): Promise<FetchedDocument> => {
  const response = await fetch(url, {
    headers,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  // An error that leaves the loop cancels the rest of the body.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new RangeError(`The document is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return { status: response.status, body: Buffer.concat(chunks) };
};
