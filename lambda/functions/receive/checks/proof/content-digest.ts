import { createHash, timingSafeEqual } from 'node:crypto';
import { parseDictionary } from 'structured-headers';

/** Algorithms of RFC 9530 §5 that are not deprecated. */
const ALGORITHMS: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/**
 * True if `Content-Digest` (RFC 9530 §2) has at least one digest by an accepted algorithm, and all such digests fit the body.
 * Digests by other algorithms are ignored.
 */
export const matchesContentDigest = (lines: readonly string[], body: Uint8Array): boolean => {
  try {
    const digests = [...parseDictionary(lines.join(', '))].flatMap(([name, [value]]) => {
      const algorithm = ALGORITHMS[name];
      return algorithm === undefined ? [] : [{ algorithm, value }];
    });
    return digests.length > 0 && digests.every(({ algorithm, value }) => isDigest(value, algorithm, body));
  } catch {
    return false;
  }
};

/** For the caller: explains why `Content-Digest` does not match. */
export const describeContentDigest = (lines: readonly string[], body: Uint8Array): string => {
  const names = Object.keys(ALGORITHMS).join(' or ');
  if (lines.length === 0) return 'The header Content-Digest is missing.';
  try {
    const algorithms = [...parseDictionary(lines.join(', ')).keys()];
    if (!algorithms.some((name) => Object.hasOwn(ALGORITHMS, name))) return `Content-Digest has no digest by ${names}.`;
  } catch {
    return 'Content-Digest is not a dictionary of structured fields (RFC 9530).';
  }
  return `Content-Digest is not the digest of the ${body.length} bytes that came as the body.`;
};

const isDigest = (value: unknown, algorithm: string, body: Uint8Array): boolean => {
  if (!(value instanceof ArrayBuffer || ArrayBuffer.isView(value))) return false;
  const digest =
    value instanceof ArrayBuffer ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const expected = createHash(algorithm).update(body).digest();
  return digest.length === expected.length && timingSafeEqual(digest, expected);
};
