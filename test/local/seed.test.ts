import { expect, test } from 'vitest';
import { localEnvironment } from '../../local/environment.ts';
import { createSeedClock, type Plot, play } from '../../local/seed/clock.ts';
import { createRandom } from '../../local/seed/random.ts';
import { LOCAL_OPTIONS } from '../support/example-environments.ts';

test('random values are the same for a seed, and stay in their range', () => {
  const valuesOf = (seed: number) => {
    const random = createRandom(seed);
    return [random.id(), random.next(), ...Array.from({ length: 200 }, () => random.between(3, 5))];
  };
  const values = valuesOf(1);
  expect(valuesOf(1)).toEqual(values);
  expect(valuesOf(2)).not.toEqual(values);
  expect(values[0]).toMatch(/^[\w-]{22}$/);
  expect([...new Set(values.slice(2))].sort()).toEqual([3, 4, 5]);
});

test('plots are played in the order of their times, until the end', async () => {
  const clock = createSeedClock();
  const played: string[] = [];
  async function* plot(name: string, ...times: readonly number[]): Plot {
    for (const time of times) {
      yield time;
      played.push(`${name} ${clock.now()}`);
    }
  }
  await play([plot('a', 1, 5, 8), plot('b', 2, 3, 7), plot('c', 9)], clock, 7);
  expect(played).toEqual(['a 1', 'b 2', 'b 3', 'a 5', 'b 7']);
});

test('the processor of the seed data is in no other gateway', () => {
  const processorsOf = (isSeeded: boolean) => Object.keys(localEnvironment({ ...LOCAL_OPTIONS, isSeeded }).processors);
  expect(processorsOf(false)).not.toContain('leaky');
  expect(processorsOf(true)).toContain('leaky');
});
