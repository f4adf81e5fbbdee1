import type { Answers } from './answers.ts';
import { type CallOptions, splitOptions } from './call-options.ts';
import type { Gateway } from './gateway.ts';

/** A list that is read page by page, while it is iterated. Each iteration reads it anew. */
export interface Listing<T, P> extends AsyncIterable<T> {
  /** The pages as the gateway answers them. */
  pages(): AsyncGenerator<P, void, void>;
}

/** Routes whose answer is a page of a list. */
type PageLine = {
  [L in keyof Answers]: 'cursor' extends keyof Answers[L] ? L : never;
}[keyof Answers];

/**
 * Lists the items of a route.
 * @param query filters, the size of a page, and the cursor of the first page
 * @param itemsOf returns the items of a page
 */
export const createListing = <L extends PageLine, T>(
  gateway: Gateway,
  line: L,
  query: { readonly cursor?: string } & CallOptions,
  options: CallOptions,
  itemsOf: (page: Answers[L]) => readonly T[],
): Listing<T, Answers[L]> => {
  const { members: filters, options: call } = splitOptions(query, options);
  const pages = async function* () {
    let { cursor } = query;
    do {
      const page = await gateway.call<PageLine>(line, { ...call, path: {}, query: { ...filters, cursor } });
      yield page as Answers[L];
      cursor = page.cursor;
    } while (cursor !== undefined);
  };
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const page of pages()) yield* itemsOf(page);
    },
  };
};
