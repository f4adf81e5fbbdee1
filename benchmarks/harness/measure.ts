import type { Effort } from './effort.ts';
import type { Defer } from './scope.ts';
import { inTurn, pairedRatio, type Spread, spreadOf } from './statistics.ts';

/** The contender that the others are compared with, unless a suite names another one. */
export const POSTERN = 'postern';

/** Values of all rounds, by contender. */
export type Rounds = Readonly<Record<string, readonly number[]>>;

/** One quantity, measured for each contender. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  /** Values of each contender that has the measure. */
  readonly values: Readonly<Record<string, Spread>>;
  /** The compared contender's value divided by each other one's, paired by round. */
  readonly ratios: Readonly<Record<string, Spread>>;
}

/** Result of a suite. */
export interface SuiteResult {
  readonly title: string;
  /** Amounts and conditions of the measurement. */
  readonly method: string;
  /** Description of each contender, in the order of the columns. */
  readonly contenders: Readonly<Record<string, string>>;
  /** @default 'postern' */
  readonly compared?: string;
  readonly measures: readonly Measure[];
  /** @default 'by number': one row per contender if there are more than three of them */
  readonly rows?: 'by number' | 'measures';
}

export type Suite = (effort: Effort, defer: Defer) => Promise<SuiteResult | readonly SuiteResult[]>;

/** @param compared contender that the others are compared with; `null` omits the ratios */
export const measureOf = (
  name: string,
  unit: string,
  rounds: Rounds = {},
  compared: string | null = POSTERN,
): Measure => ({
  name,
  unit,
  values: Object.fromEntries(Object.entries(rounds).map(([contender, values]) => [contender, spreadOf(values)])),
  ratios: compared === null ? {} : ratiosOf(rounds, compared),
});

/** Omits ratios with a zero below the line. */
const ratiosOf = (rounds: Rounds, compared: string): Readonly<Record<string, Spread>> => {
  const { [compared]: own, ...others } = rounds;
  if (own === undefined) return {};
  return Object.fromEntries(
    Object.entries(others)
      .filter(([, values]) => !values.includes(0))
      .map(([other, values]) => [other, pairedRatio(own, values)]),
  );
};

/** Measures contenders in turn, with a different first one in each round. Returns the values by measure. */
export const measureRounds = async <T extends { readonly name: string }>(
  contenders: readonly T[],
  rounds: number,
  measure: (contender: T) => Promise<Readonly<Record<string, number>> | undefined>,
): Promise<Readonly<Record<string, Rounds>>> => {
  const values: Record<string, Record<string, number[]>> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of inTurn(contenders, round)) {
      for (const [name, value] of Object.entries((await measure(contender)) ?? {})) {
        values[name] ??= {};
        values[name][contender.name] ??= [];
        values[name][contender.name]?.push(value);
      }
    }
  }
  return values;
};

/** Number of rounds for the description of a method. */
export const countRounds = (rounds: number): string => (rounds === 1 ? '1 round' : `${rounds} rounds`);
