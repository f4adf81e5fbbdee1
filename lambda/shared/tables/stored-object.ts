/**
 * Stored headers of every uploaded object; its reader gets them back. Both are part of an upload's signature.
 *
 * - `identity` means that the bytes are not encoded. Clients leave such bytes unchanged, and S3 stores the word.
 * - `no-store` is stated because `fetch` adds its own `Cache-Control` to a request with `If-None-Match` and without
 *   `Cache-Control` (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch), and S3 would store that value.
 */
export const STORED_AS = { contentEncoding: 'identity', cacheControl: 'no-store' } as const;

/** Characters of a header value. A media type with other characters cannot be sent. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/** Returns a content type that a header can have. */
export const toHeaderValue = (contentType: string): string =>
  PRINTABLE_ASCII.test(contentType) ? contentType : 'application/octet-stream';
