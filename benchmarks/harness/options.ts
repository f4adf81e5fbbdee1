import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly parts: readonly string[];
  readonly rounds: number;
}

export const DEFAULT_ROUNDS = 7;
const MOST_ROUNDS = 100;

export const USAGE = 'Usage: npm run bench [-- PART …] [--rounds N]';

class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * What to measure: the parts that are named, or all.
 * @throws {Error} named `UsageError`, saying what would do
 */
export const readOptions = (given: readonly string[], known: readonly string[]): BenchOptions => {
  let parsed: { readonly values: { readonly rounds?: string }; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...given], allowPositionals: true, options: { rounds: { type: 'string' } } });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { positionals, values } = parsed;
  const unknown = positionals.find((part) => !known.includes(part));
  if (unknown !== undefined) {
    throw new UsageError(`There is no part "${unknown}"; expected one of ${known.join(', ')}.`);
  }
  const rounds = values.rounds === undefined ? DEFAULT_ROUNDS : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new UsageError(`--rounds is "${values.rounds}"; expected a whole number from 1 to ${MOST_ROUNDS}.`);
  }
  return { parts: positionals.length === 0 ? known : [...new Set(positionals)], rounds };
};
