/** What a fetch may cost. */
export interface FetchBounds {
  /** From the call to the last byte. */
  readonly timeoutMilliseconds: number;
  readonly maxBytes: number;
}

export interface FetchedDocument {
  readonly status: number;
  readonly body: Uint8Array;
}

/**
 * Fetches a small document by GET, following no redirect.
 * @throws when there is no answer in time, the answer is a redirect, or the body is larger than allowed
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
  // Leaving the loop by an error cancels the rest of the body.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new RangeError(`The document is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return { status: response.status, body: Buffer.concat(chunks) };
};
