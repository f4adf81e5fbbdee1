import { CommandError } from './command-error.ts';
import { readDuration } from './durations.ts';

export const LIMIT_OPTION = {
  limit: { doc: 'most items to list', value: 'NUMBER', default: '50' },
} as const;

/** @throws {CommandError} `usage` */
export const readLimit = (text: string): number => {
  const limit = Number(text);
  if (/^\d{1,9}$/.test(text) && limit > 0) return limit;
  throw new CommandError('usage', `--limit is "${text}"; expected a whole number of at least 1.`);
};

/** The beginning of a list that is read page by page. */
export async function* firstOf<T>(items: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    yield item;
    count += 1;
    if (count === limit) return;
  }
}

/**
 * Beginning of a time range, in RFC 3339: the time that many ago, or the time that the command line names.
 * @param since value of `--since`
 * @param now milliseconds since 1970
 */
export const sinceOrAfter = (since: string | undefined, after: string | undefined, now: number): string | undefined =>
  since === undefined ? after : new Date(now - readDuration('--since', since) * 1_000).toISOString();
