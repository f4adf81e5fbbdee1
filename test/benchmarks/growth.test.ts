import { expect, test } from 'vitest';
import { measureGrowth } from '../../benchmarks/suites/growth.ts';
import { unitsOf } from '../../capacity/workload.ts';
import { storesOf } from '../../capacity/write-units.ts';

const SIZES = [
  { name: 'small', rows: 20, processors: 1 },
  { name: 'large', rows: 400, processors: 30 },
] as const;
const AMOUNTS = { warmUp: 4, callbacks: 8, opened: 8, due: 60, batches: 1, coldStarts: 1 } as const;

test('every callback, opening, expiry and change that is measured was done, and a callback costs the same', async () => {
  const { compared, contenders, measures } = await measureGrowth(SIZES, AMOUNTS, 1);
  expect(Object.keys(contenders)).toEqual(['small', 'large']);
  expect(compared).toBe('large');
  const valuesOf = (name: string) =>
    Object.values(measures.find((measure) => measure.name === name)?.values ?? {}).map(({ median }) => median);
  expect(valuesOf('a callback, DynamoDB requests')).toEqual([1, 1]);
  const callback = storesOf(1_000).map((store) => ({ ...store, opening: 0 }));
  expect(valuesOf('a callback, write units')).toEqual([unitsOf(callback), unitsOf(callback)]);
  for (const { name, values } of measures) {
    expect(Object.keys(values), name).toEqual(['small', 'large']);
    for (const { median } of Object.values(values)) expect(median, name).toBeGreaterThan(0);
  }
});
