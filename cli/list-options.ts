import type { Listing } from '@postern/client';
import { PAGE_SIZE } from '../lambda/contract/limits.ts';
import { CommandError } from './command-error.ts';
import { readDuration } from './durations.ts';

/** Options of a list that the gateway gives page by page. */
export const PAGE_OPTIONS = {
  limit: {
    doc: 'most items to list; if there are more, stderr says so, and the JSON of -o json has a cursor',
    value: 'NUMBER',
    default: '50',
  },
  cursor: { doc: 'goes on behind an earlier list with the same filters, whose JSON had this cursor', value: 'CURSOR' },
} as const;

/** Which part of a list a person wants. */
export interface Part {
  readonly limit: number;
  readonly cursor: string | undefined;
}

/**
 * @param relative value of an option that counts from the present time
 * @throws {CommandError} `usage`
 */
export const readPart = (
  { cursor, limit }: { readonly limit: string; readonly cursor: string | undefined },
  relative?: { readonly flag: string; readonly value: string | undefined; readonly instead: string },
): Part => {
  if (cursor !== undefined && relative?.value !== undefined) {
    throw new CommandError(
      'usage',
      `--cursor goes on with the same filters, and ${relative.flag} is another time now.`,
      `Use ${relative.instead} TIME for both lists.`,
    );
  }
  return { limit: readLimit(limit), cursor };
};

/** @throws {CommandError} `usage` */
const readLimit = (text: string): number => {
  const limit = Number(text);
  if (/^\d{1,9}$/.test(text) && limit > 0) return limit;
  throw new CommandError('usage', `--limit is "${text}"; expected a whole number of at least 1.`);
};

/** The page of a list that a query asks for. */
interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

/** Items of a list up to a number, and where the rest begins. */
export interface ListPart<T> extends AsyncIterable<T> {
  /** The cursor of the gateway behind the last item, once all are read. Undefined at the end of the list. */
  readonly nextCursor: () => string | undefined;
}

/**
 * Reads a part of a list. Its last page is as large as the items that are still missing, so that the cursor of the gateway stands
 * exactly behind the last item.
 * @param list asks for pages, of which only the first one is read
 */
export const partOf = <T, P extends { readonly cursor?: string }>(
  { cursor: start, limit }: Part,
  list: (query: PageQuery) => Pick<Listing<T, P>, 'pages'>,
  itemsOf: (page: P) => readonly T[],
): ListPart<T> => {
  let cursor = start;
  return {
    nextCursor: () => cursor,
    async *[Symbol.asyncIterator]() {
      let missing = limit;
      do {
        const query = { limit: Math.min(missing, PAGE_SIZE.max), ...(cursor !== undefined && { cursor }) };
        const { value: page } = await list(query).pages().next();
        if (page === undefined) return;
        const items = itemsOf(page);
        missing -= items.length;
        cursor = page.cursor;
        yield* items;
      } while (cursor !== undefined && missing > 0);
    },
  };
};

/**
 * Beginning of a time range, in RFC 3339: the time that many ago, or the time that the command line names.
 * @param since value of `--since`
 * @param now milliseconds since 1970
 */
export const sinceOrAfter = (since: string | undefined, after: string | undefined, now: number): string | undefined =>
  since === undefined ? after : new Date(now - readDuration('--since', since) * 1_000).toISOString();
