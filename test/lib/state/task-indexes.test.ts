import { describe, expect, it } from 'vitest';
import { indexesOfStep, LAST_INDEX_STEP } from '../../../lib/state/task-indexes.ts';

const FORMER = ['byCreation', 'byDeadline'];
const NEW = ['byApplication', 'byResource', 'byOwner', 'pending', 'byQuarantine', 'byReplay'];

describe('the indexes of the tasks table', () => {
  it.each([
    [1, [...FORMER, 'byApplication']],
    [2, [...FORMER, 'byApplication', 'byResource']],
    [6, [...FORMER, ...NEW]],
    [7, ['byDeadline', ...NEW]],
  ])('after step %i are %j', (step, names) => {
    expect(indexesOfStep(step).map(({ name }) => name)).toEqual(names);
  });

  it('change by one in each step, and become the new ones after the last', () => {
    const steps = Array.from({ length: LAST_INDEX_STEP + 2 }, (_, step) => indexesOfStep(step));
    for (const [i, next] of steps.slice(1).entries()) {
      const before = steps[i] ?? [];
      const moved = [...before.filter((one) => !next.includes(one)), ...next.filter((one) => !before.includes(one))];
      expect([i, moved.length]).toEqual([i, 1]);
    }
    expect(steps[0]?.map(({ name }) => name)).toEqual(FORMER);
    expect(steps.at(-1)?.map(({ name }) => name)).toEqual(NEW);
    expect(LAST_INDEX_STEP).toBe(7);
  });
});
