import type { MeasuredPart } from '../benchmarks/harness/result.ts';
import { EXPIRED_AT_ONCE } from '../benchmarks/suites/by-rows.ts';
import type { Paper } from './model.ts';
import { environmentsFor } from './settings.ts';
import { keepingUpTable, keysTable, limitsTable, partitionsTable, quotasTable, reachedList } from './tables.ts';
import { processorTimesOf } from './workload.ts';

/** What `docs/reference/capacity.md` has beside what was measured, by its mark. */
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
