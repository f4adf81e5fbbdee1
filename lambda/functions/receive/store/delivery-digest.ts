import type { SameBy } from '../../../contract/registry.ts';
import { canonicalJson } from '../../../shared/canonical-json.ts';
import type { HttpRequest } from '../../../shared/http/message.ts';
import type { JsonBody } from '../authenticated-callback.ts';
import { sha256 } from '../delivery.ts';

const LENGTH_BYTES = 8;

/** Represents a missing value. It is not a JSON text, so it differs from `null`. */
const ABSENT = '';

/** Prefixes a part with its length, so that different lists of parts have different hashes. */
const withLength = (part: string | Uint8Array): readonly Uint8Array[] => {
  const bytes = typeof part === 'string' ? Buffer.from(part) : part;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64BE(BigInt(bytes.length));
  return [length, bytes];
};

/** What a delivery contains. */
export interface DeliveryContent {
  readonly request: Pick<HttpRequest, 'body' | 'header'>;
  /** The JSON value of the body; `null` if the body is not JSON. */
  json(): JsonBody | null;
}

/**
 * Returns a digest that is equal for a delivery and its repeats: SHA-256 over the token's path, the normalized media type
 * and the payload, or the values that `sameBy` selects instead. Each part has its length before it.
 * @returns 64 lower-case hex digits
 */
export const deliveryDigest = (
  path: string,
  mediaType: string,
  content: DeliveryContent,
  sameBy: SameBy | undefined,
): string => {
  const parts = [path, mediaType, ...(sameParts(content, sameBy) ?? [content.request.body()])];
  return sha256(Buffer.concat(parts.flatMap(withLength)));
};

/** Returns the values that `sameBy` selects; undefined without any value: then the whole payload counts. */
const sameParts = ({ json, request }: DeliveryContent, sameBy: SameBy | undefined): readonly string[] | undefined => {
  if (sameBy === undefined) return undefined;
  if ('header' in sameBy) {
    const values = request.header(sameBy.header);
    return values.length === 1 ? values : undefined;
  }
  const body = json();
  if (body === null) return undefined;
  const values = sameBy.jsonPointers.map((pointer) => valueAt(body.value, pointer));
  if (values.every((value) => value === undefined)) return undefined;
  try {
    return values.map((value) => canonicalJson(value) ?? ABSENT);
  } catch (error) {
    // Deeply nested values exhaust the stack when they are serialized.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/** Returns the value at a JSON pointer (RFC 6901), or undefined. */
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
