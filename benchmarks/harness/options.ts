import { parseArgs } from 'node:util';
import { CHECK, type Effort, measuring } from './effort.ts';

export interface BenchOptions {
  readonly suites: readonly string[];
  readonly effort: Effort;
  /** True if each suite only has to work. */
  readonly check: boolean;
}

export const DEFAULT_ROUNDS = 7;
const MAX_ROUNDS = 100;

export const USAGE = 'Usage: npm run bench [-- SUITE …] [--rounds N | --check]';

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the command line. Without a name it selects all suites.
 * @throws {UsageError} that names the accepted values
 */
export const readOptions = (parameters: readonly string[], known: readonly string[]): BenchOptions => {
  const { positionals, values } = parse(parameters);
  const unknown = positionals.find((suite) => !known.includes(suite));
  if (unknown !== undefined) {
    throw new UsageError(`There is no suite "${unknown}"; expected one of ${known.join(', ')}.`);
  }
  const rounds = values.rounds === undefined ? DEFAULT_ROUNDS : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    throw new UsageError(`--rounds is "${values.rounds}"; expected a whole number from 1 to ${MAX_ROUNDS}.`);
  }
  if (values.check === true && values.rounds !== undefined) {
    throw new UsageError('--check makes one round of each suite; omit --rounds.');
  }
  return {
    suites: positionals.length === 0 ? known : [...new Set(positionals)],
    effort: values.check === true ? CHECK : measuring(rounds),
    check: values.check === true,
  };
};

const parse = (parameters: readonly string[]) => {
  try {
    return parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: { rounds: { type: 'string' }, check: { type: 'boolean' } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};
