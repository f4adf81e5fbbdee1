/**
 * What stands beside every object that was uploaded, and what its reader gets. Both are part of an upload's signature.
 *
 * `identity` is no encoding: a client that knows no such encoding leaves the bytes as they are. S3 keeps the word and
 * gives it back. `fetch` adds a `Cache-Control` of its own to every request with `If-None-Match` that has none
 * (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch), and S3 would keep that one.
 */
export const STORED_AS = { contentEncoding: 'identity', cacheControl: 'no-store' } as const;
