import type { Measure } from './result.ts';
import { pairedRatio, spreadOf } from './statistics.ts';

/** The contender that the others are compared with. */
export const POSTERN = 'postern';

/** Values of each round, by contender. */
export type Rounds = Readonly<Record<string, readonly number[]>>;

export const measureOf = (name: string, unit: string, higherIsBetter: boolean, rounds: Rounds): Measure => {
  const ours = rounds[POSTERN];
  return {
    name,
    unit,
    higherIsBetter,
    values: Object.fromEntries(Object.entries(rounds).map(([contender, values]) => [contender, spreadOf(values)])),
    ratios:
      ours === undefined
        ? {}
        : Object.fromEntries(
            Object.entries(rounds)
              .filter(([contender, values]) => contender !== POSTERN && !values.includes(0))
              .map(([contender, values]) => [contender, pairedRatio(ours, values)]),
          ),
  };
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
