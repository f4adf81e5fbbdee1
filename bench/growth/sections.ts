import type { MeasuredPart } from '../result.ts';
import { EXPIRED_AT_ONCE } from './by-rows.ts';
import { environmentsFor } from './environments.ts';
import { processorTimesOf } from './load.ts';
import type { Paper } from './paper.ts';
import { keepingUpTable, keysTable, limitsTable, partitionsTable, quotasTable, reachedList } from './tables.ts';

/** What `docs/reference/growth.md` has beside what was measured, by its mark. */
export const growthSections = (measured: MeasuredPart, paper: Paper): Readonly<Record<string, () => string>> => {
  const times = processorTimesOf(measured);
  return {
    keeping: () => keepingUpTable(times, EXPIRED_AT_ONCE),
    keys: () => keysTable(paper),
    partitions: () => partitionsTable(paper),
    reached: () => reachedList(times, paper),
    limits: () => limitsTable(times, paper),
    environments: () => environmentsFor(times),
    quotas: quotasTable,
  };
};
