import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly suites: readonly string[];
  readonly rounds: number;
}

export const DEFAULT_ROUNDS = 7;
const MAX_ROUNDS = 100;

export const USAGE = 'Usage: npm run bench [-- SUITE …] [--rounds N]';

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the command line. Without a name it selects all suites.
 * @throws {UsageError} that names the accepted values
 */
export const readOptions = (parameters: readonly string[], known: readonly string[]): BenchOptions => {
  let parsed: { readonly values: { readonly rounds?: string }; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...parameters], allowPositionals: true, options: { rounds: { type: 'string' } } });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { positionals, values } = parsed;
  const unknown = positionals.find((suite) => !known.includes(suite));
  if (unknown !== undefined) {
    throw new UsageError(`There is no suite "${unknown}"; expected one of ${known.join(', ')}.`);
  }
  const rounds = values.rounds === undefined ? DEFAULT_ROUNDS : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    throw new UsageError(`--rounds is "${values.rounds}"; expected a whole number from 1 to ${MAX_ROUNDS}.`);
  }
  return { suites: positionals.length === 0 ? known : [...new Set(positionals)], rounds };
};
