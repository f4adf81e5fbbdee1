import { hash } from 'node:crypto';
import type { SameBy } from '../../../contract/registry.ts';
import { canonicalJson } from '../../../shared/canonical-json.ts';
import type { HttpRequest } from '../../../shared/http/message.ts';
import { parseJson } from '../../../shared/json.ts';

const LENGTH_BYTES = 8;

/** What stands for a value that is not there: no JSON text, so that it is told apart from `null`. */
const ABSENT = '';

/** Each part has its length before it, so that no two lists of parts hash alike. */
const withLength = (part: string | Uint8Array): readonly Uint8Array[] => {
  const bytes = typeof part === 'string' ? Buffer.from(part) : part;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64BE(BigInt(bytes.length));
  return [length, bytes];
};

/** The bytes' SHA-256, 64 lower-case hex digits. */
export const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes);

/**
 * What makes two deliveries the same: SHA-256 over the token's path, the normalized media type and the payload (or what
 * `sameBy` takes in its place), each length-prefixed. 64 lower-case hex digits.
 */
export const deliveryDigest = (
  path: string,
  mediaType: string,
  request: Pick<HttpRequest, 'body' | 'header'>,
  sameBy: SameBy | undefined,
): string => {
  const parts = [path, mediaType, ...(sameParts(request, sameBy) ?? [request.body()])];
  return sha256(Buffer.concat(parts.flatMap(withLength)));
};

/** What `sameBy` selects; undefined where the delivery has nothing of it, and the whole payload decides. */
const sameParts = (
  request: Pick<HttpRequest, 'body' | 'header'>,
  sameBy: SameBy | undefined,
): readonly string[] | undefined => {
  if (sameBy === undefined) return undefined;
  if ('header' in sameBy) {
    const values = request.header(sameBy.header);
    return values.length === 1 ? values : undefined;
  }
  let document: unknown;
  try {
    document = parseJson(request.body());
  } catch {
    return undefined;
  }
  const values = sameBy.jsonPointers.map((pointer) => valueAt(document, pointer));
  if (values.every((value) => value === undefined)) return undefined;
  try {
    return values.map((value) => canonicalJson(value) ?? ABSENT);
  } catch (error) {
    // Values may be nested more deeply than they can be written anew: the stack ends.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/** The value at a JSON pointer (RFC 6901), or undefined. */
const valueAt = (document: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      document,
    );
