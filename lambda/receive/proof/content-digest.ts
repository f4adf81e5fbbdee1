import { createHash, timingSafeEqual } from 'node:crypto';
import { parseDictionary } from 'structured-headers';

/** Algorithms of RFC 9530 §5 that are still good. */
const ALGORITHMS: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/**
 * Whether `Content-Digest` (RFC 9530 §2) is that of a body: one digest at least by a good algorithm, and none of them wrong.
 * Digests by other algorithms are ignored.
 */
export const matchesContentDigest = (lines: readonly string[], body: Uint8Array): boolean => {
  try {
    const known = [...parseDictionary(lines.join(', '))].flatMap(([name, [value]]) => {
      const algorithm = ALGORITHMS[name];
      return algorithm === undefined ? [] : [{ algorithm, value }];
    });
    return known.length > 0 && known.every(({ algorithm, value }) => isDigest(value, algorithm, body));
  } catch {
    return false;
  }
};

const isDigest = (value: unknown, algorithm: string, body: Uint8Array): boolean => {
  if (!(value instanceof ArrayBuffer || ArrayBuffer.isView(value))) return false;
  const given =
    value instanceof ArrayBuffer ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const expected = createHash(algorithm).update(body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
};
