import { expect, test } from 'vitest';
import { scope } from '../../benchmarks/harness/scope.ts';
import { measureGrowth } from '../../benchmarks/suites/growth.ts';

const SIZES = [
  { name: 'small', rows: 20, processors: 1 },
  { name: 'large', rows: 400, processors: 30 },
] as const;
const AMOUNTS = { callbacks: 8, tasks: 8, dueTasks: 60, batches: 1, coldStarts: 1 } as const;

test('growth measures every size, with one DynamoDB request per callback', async () => {
  const { compared, contenders, measures } = await scope((defer) => measureGrowth(SIZES, AMOUNTS, 1, defer));
  expect(Object.keys(contenders)).toEqual(['small', 'large']);
  expect(compared).toBe('large');
  const requests = measures.find(({ name }) => name === 'a callback, DynamoDB requests');
  expect(Object.values(requests?.values ?? {}).map(({ median }) => median)).toEqual([1, 1]);
  expect(measures.length).toBeGreaterThan(10);
  for (const { name, ratios, values } of measures) {
    expect(Object.keys(values), name).toEqual(['small', 'large']);
    expect(Object.keys(ratios), name).toEqual(['small']);
    for (const { median } of Object.values(values)) expect(median, name).toBeGreaterThan(0);
  }
});
