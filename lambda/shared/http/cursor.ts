import { createHash } from 'node:crypto';

/** Characters of the digest at the beginning of a cursor. */
const DIGEST_CHARS = 11;

/**
 * Returns a cursor: an encoded position in a list. It contains nothing secret and gives no access. It begins with a digest
 * over the position and the binding, so that a cursor of another list, or an altered one, is recognized.
 * @param binding the route, its filters, and the application if the list is of one
 */
export const writeCursor = (position: string, binding: readonly string[]): string =>
  digestOf(position, binding) + Buffer.from(position).toString('base64url');

/** A time and an id, see `timeKey`, and the number of items of this entry that earlier pages have. */
const POSITION = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z#[A-Za-z0-9_-]{1,64}(~\d{1,3})?$/;

/** @returns undefined for a text that `writeCursor` cannot have written with this binding */
export const readCursor = (cursor: string, binding: readonly string[]): string | undefined => {
  const position = Buffer.from(cursor.slice(DIGEST_CHARS), 'base64url').toString('latin1');
  return POSITION.test(position) && writeCursor(position, binding) === cursor ? position : undefined;
};

const digestOf = (position: string, binding: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([position, ...binding]))
    .digest('base64url')
    .slice(0, DIGEST_CHARS);
