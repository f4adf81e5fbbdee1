/** A list that is read page by page, as far as it is iterated. Each iteration reads it anew. */
export interface Listing<T, P> extends AsyncIterable<T> {
  /** The pages as the gateway answers them. */
  pages(): AsyncGenerator<P, void, void>;
}

/**
 * @param read reads the page at a cursor; the first page is at the cursor of the query, or at none
 * @param itemsOf returns the items of a page
 */
export const createListing = <T, P extends { readonly cursor?: string }>(
  read: (cursor: string | undefined) => Promise<P>,
  itemsOf: (page: P) => readonly T[],
  first: string | undefined,
): Listing<T, P> => {
  const pages = async function* (): AsyncGenerator<P, void, void> {
    let cursor = first;
    do {
      const page = await read(cursor);
      yield page;
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
