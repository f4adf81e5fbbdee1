/** Entries of one partition of an index in the order of their positions. */
export interface PartitionPage<E> {
  readonly entries: readonly E[];
  /** True if the partition has no further entries. */
  readonly ended: boolean;
}

export interface MergeOptions<P, E, T> {
  readonly partitions: readonly P[];
  /**
   * Reads entries of one partition after a position, in the order of the list.
   * @param after exclusive; undefined: from the beginning
   */
  readonly read: (partition: P, after: string | undefined, limit: number) => Promise<PartitionPage<E>>;
  /** The sort key of an entry: unique in all partitions. */
  readonly positionOf: (entry: E) => string;
  /** @default newest: descending positions */
  readonly order?: 'newest' | 'oldest';
  /** Only entries after this position. */
  readonly after?: string | undefined;
  /** Most items of the page. */
  readonly limit: number;
  /** Returns the items of some entries, by position; undefined for an entry whose item no longer exists. */
  readonly load: (entries: readonly E[]) => Promise<readonly (T | undefined)[]>;
  readonly matches: (item: T) => boolean;
  /** True if `matches` may refuse many items. More is then read at once. */
  readonly isFiltered: boolean;
}

export interface MergedPage<T> {
  readonly items: readonly T[];
  /** Position after which the next page begins; absent on the last page. */
  readonly position?: string;
}

/**
 * Most entries that are read for one page. If a filter matches few of them, the page is short or empty and has a position.
 * Otherwise a request could take any time.
 */
const MAX_READ = 2_048;

/** Most entries that are loaded at once: the limit of `BatchGetItem`. */
const MAX_LOADED = 100;

/** State of one partition: the entries that were read and not used yet. */
interface Source<P, E> {
  readonly partition: P;
  waiting: E[];
  /** Position of the next read. */
  after: string | undefined;
  ended: boolean;
}

/**
 * Reads one page of a list whose entries are in several partitions, by merging them in the order of their positions. A
 * position never changes. Therefore pages neither skip nor repeat an entry that was in the index when the first page was read.
 * The index follows the table with a short delay.
 */
export const mergePartitions = async <P, E, T>(options: MergeOptions<P, E, T>): Promise<MergedPage<T>> => {
  const { isFiltered, limit, load, matches, positionOf } = options;
  const next = createMerge(options);
  const items: T[] = [];
  let position = options.after;

  // One item more than requested shows that another page follows.
  while (items.length <= limit) {
    const { entries, ended } = await next(isFiltered ? MAX_LOADED : limit + 1 - items.length);
    const loaded = await load(entries);
    for (const [i, entry] of entries.entries()) {
      const item = loaded[i];
      if (item !== undefined && matches(item)) items.push(item);
      if (items.length > limit) break;
      position = positionOf(entry);
    }
    if (ended === 'all' && items.length <= limit) return { items };
    if (ended !== undefined) break;
  }
  return { items: items.slice(0, limit), ...(position !== undefined && { position }) };
};

interface Taken<E> {
  readonly entries: readonly E[];
  /** `all`: no further entries exist. `budget`: this request may read no more. */
  readonly ended: 'all' | 'budget' | undefined;
}

/** Returns a function that takes the next entries of all partitions. */
const createMerge = <P, E>({
  after,
  isFiltered,
  limit,
  order = 'newest',
  partitions,
  positionOf,
  read,
}: Omit<MergeOptions<P, E, unknown>, 'load' | 'matches'>) => {
  const chunk = isFiltered
    ? Math.max(4, Math.floor(MAX_READ / partitions.length / 2))
    : Math.max(4, Math.ceil((2 * limit) / partitions.length));
  const sources: Source<P, E>[] = partitions.map((partition) => ({ partition, waiting: [], after, ended: false }));
  const comesFirst = (a: E, b: E): boolean =>
    order === 'newest' ? positionOf(a) > positionOf(b) : positionOf(a) < positionOf(b);
  let readSoFar = 0;

  /** Reads more of every partition with few unused entries. Returns false if that would exceed the limit of one request. */
  const readMore = async (): Promise<boolean> => {
    const short = sources.filter(({ ended, waiting }) => !ended && waiting.length < chunk / 2);
    // The first round is always read, so that every page makes progress.
    if (readSoFar > 0 && readSoFar + short.length * chunk > MAX_READ) return false;
    readSoFar += short.length * chunk;
    await Promise.all(
      short.map(async (source) => {
        const page = await read(source.partition, source.after, chunk);
        const last = page.entries.at(-1);
        source.waiting.push(...page.entries);
        source.after = last === undefined ? source.after : positionOf(last);
        source.ended = page.ended;
      }),
    );
    return true;
  };

  const takeFirst = (): E | undefined => {
    let first: Source<P, E> | undefined;
    for (const source of sources) {
      const [entry] = source.waiting;
      const [other] = first?.waiting ?? [];
      if (entry !== undefined && (other === undefined || comesFirst(entry, other))) first = source;
    }
    return first?.waiting.shift();
  };

  return async (count: number): Promise<Taken<E>> => {
    const entries: E[] = [];
    while (entries.length < count) {
      if (sources.some(({ ended, waiting }) => !ended && waiting.length === 0)) {
        if (await readMore()) continue;
        return { entries, ended: 'budget' };
      }
      const entry = takeFirst();
      if (entry === undefined) return { entries, ended: 'all' };
      entries.push(entry);
    }
    return { entries, ended: undefined };
  };
};
