import type { Measure } from './result.ts';
import { pairedRatio, type Spread, spreadOf } from './statistics.ts';

/** The contender that the others are compared with, unless a part says otherwise. */
export const POSTERN = 'postern';

/** Values of each round, by contender. */
export type Rounds = Readonly<Record<string, readonly number[]>>;

/** The least that is possible. */
const LIMIT = 'limit';

/** @param compared the contender that the others are compared with */
export const measureOf = (
  name: string,
  unit: string,
  higherIsBetter: boolean,
  rounds: Rounds,
  compared: string = POSTERN,
): Measure => {
  const { [compared]: _, ...others } = rounds;
  return {
    name,
    unit,
    higherIsBetter,
    values: Object.fromEntries(Object.entries(rounds).map(([contender, values]) => [contender, spreadOf(values)])),
    ratios: compare(rounds, compared),
    limits: compare(others, LIMIT),
  };
};

/** One contender's values by those of each other, but by nothing. */
const compare = (rounds: Rounds, contender: string): Readonly<Record<string, Spread>> => {
  const { [contender]: own, ...others } = rounds;
  if (own === undefined) return {};
  return Object.fromEntries(
    Object.entries(others)
      .filter(([, values]) => !values.includes(0))
      .map(([other, values]) => [other, pairedRatio(own, values)]),
  );
};

/** Values of rounds, gathered under names that come up on the way. */
export const createRounds = () => {
  const gathered = new Map<string, Record<string, number[]>>();
  return {
    add: (measure: string, contender: string, value: number): void => {
      const rounds = gathered.get(measure) ?? {};
      rounds[contender] = [...(rounds[contender] ?? []), value];
      gathered.set(measure, rounds);
    },
    of: (measure: string): Rounds => gathered.get(measure) ?? {},
  };
};
