import { describe, expect, test } from 'vitest';
import {
  type BreakerRules,
  COUNTERS,
  type CountedItem,
  count,
  countsOf,
  isCounter,
  isFailing,
  isUsable,
  join,
  periodOf,
} from '../../../../lambda/functions/dispatch/breaker.ts';
import { additionUpdate } from '../../../../lambda/functions/dispatch/breaker-updates.ts';
import { beginOne, blockOf, giveBack, NO_BLOCK, sizeOfBlock } from '../../../../lambda/functions/dispatch/rate.ts';

const RULES: BreakerRules = { window: 60, minimum: 20, failureRate: 0.5, pause: 120, tasks: 3 };
const NOW = Date.parse('2026-12-01T08:00:00.000Z');
const SECOND = NOW / 1000;
const ROUND = '2.1';

const anItem = (counters: Readonly<Record<string, number>>, overrides: Partial<CountedItem> = {}): CountedItem => ({
  revision: 2,
  state: { round: 1 },
  counters,
  ...overrides,
});

const tasks = (size: number) => new Map(Array.from({ length: size }, (_, i) => [`task-${i}`, NOW]));

describe('failures open a breaker', () => {
  test.for([
    // answered, unreachable, tasks
    [0, 19, 3, false],
    [0, 20, 3, true],
    [0, 20, 2, false],
    [10, 10, 3, true],
    [11, 10, 3, false],
    [20, 0, 3, false],
  ] as const)('%i answered, %i unreachable, of %i tasks: %s', ([answered, unreachable, size, opens]) => {
    expect(isFailing({ answered, unreachable, failing: tasks(size) }, RULES)).toBe(opens);
  });

  test('at the failure rate that is set', () => {
    const rules = { ...RULES, failureRate: 0.25 };
    expect(isFailing({ answered: 75, unreachable: 25, failing: tasks(3) }, rules)).toBe(true);
    expect(isFailing({ answered: 76, unreachable: 25, failing: tasks(3) }, rules)).toBe(false);
  });
});

describe('the counters of an item', () => {
  test('have names that are not those of other attributes', () => {
    const names = [
      COUNTERS.answered(ROUND, SECOND),
      COUNTERS.unreachable(ROUND, SECOND),
      COUNTERS.failing(ROUND, 'a_B-9'),
      COUNTERS.gone(ROUND, 'a_B-9'),
      COUNTERS.rate(SECOND),
    ];
    expect(names.filter(isCounter)).toEqual(names);
    expect(['lookupKey', 'revision', 'paused', 'state'].filter(isCounter)).toEqual([]);
  });

  test.for([
    [60, 6],
    [1, 1],
    [10, 1],
    [11, 2],
    [3_600, 360],
  ] as const)('of a window of %i s begin each %i s', ([window, seconds]) => {
    const starts = [0, 0.001, seconds - 0.001, seconds].map((time) => periodOf({ ...RULES, window }, time * 1000));
    expect(starts).toEqual([0, 0, 0, seconds]);
  });

  test('count while they are younger than the window', () => {
    const item = anItem({
      [COUNTERS.answered(ROUND, SECOND - 59)]: 1,
      [COUNTERS.answered(ROUND, SECOND - 60)]: 10,
      [COUNTERS.unreachable(ROUND, SECOND - 59)]: 2,
      [COUNTERS.unreachable(ROUND, SECOND)]: 4,
      [COUNTERS.failing(ROUND, 'a')]: NOW - 59_999,
      [COUNTERS.failing(ROUND, 'b')]: NOW - 60_000,
    });
    const counts = countsOf(item, RULES, NOW);
    expect(counts).toMatchObject({ answered: 1, unreachable: 6 });
    expect([...counts.failing.keys()]).toEqual(['a']);
    expect(counts.stale).toEqual([COUNTERS.answered(ROUND, SECOND - 60), COUNTERS.failing(ROUND, 'b')]);
  });

  test('count in their round only, answers 410 in all rounds of a revision', () => {
    const counters = {
      [COUNTERS.answered('2.0', SECOND)]: 1,
      [COUNTERS.unreachable('1.1', SECOND)]: 1,
      [COUNTERS.failing('2.0', 'a')]: NOW,
      [COUNTERS.gone('2.0', 'b')]: NOW,
      [COUNTERS.gone('1.1', 'c')]: NOW,
    };
    const counts = countsOf(anItem(counters), RULES, NOW);
    expect(counts).toMatchObject({ answered: 0, unreachable: 0, failing: new Map(), gone: new Set(['b']) });
    expect(counts.stale).toHaveLength(4);
  });

  test('are removed when they are stale, and never one that is added', () => {
    const stale = COUNTERS.answered('1.0', SECOND - 900);
    const item = anItem({ [stale]: 5, [COUNTERS.unreachable(ROUND, SECOND)]: 3 });
    const counted = count(undefined, { outcome: 'unreachable', round: ROUND, taskId: 'a' }, NOW);
    const update = additionUpdate(item, { counted, taken: 2 }, RULES, NOW);
    expect(update).toEqual({
      UpdateExpression: 'SET #n0 = :v0 REMOVE #n1 ADD #n2 :v1, #n3 :v2',
      ExpressionAttributeNames: {
        '#n0': COUNTERS.failing(ROUND, 'a'),
        '#n1': stale,
        '#n2': COUNTERS.unreachable(ROUND, SECOND),
        '#n3': COUNTERS.rate(SECOND),
      },
      ExpressionAttributeValues: { ':v0': { N: `${NOW}` }, ':v1': { N: '1' }, ':v2': { N: '2' } },
    });
  });

  test('note a task that fails only while too few are noted', () => {
    const noted = (age: number) =>
      anItem(Object.fromEntries(['a', 'b', 'c'].map((id) => [COUNTERS.failing(ROUND, id), NOW - age])));
    const counted = count(undefined, { outcome: 'unreachable', round: ROUND, taskId: 'd' }, NOW);
    const namesOf = (item: CountedItem) =>
      Object.values(additionUpdate(item, { counted, taken: 0 }, RULES, NOW).ExpressionAttributeNames ?? {});
    expect(namesOf(noted(29_999))).not.toContain(COUNTERS.failing(ROUND, 'd'));
    expect(namesOf(noted(30_000))).toContain(COUNTERS.failing(ROUND, 'd'));
  });
});

describe('what a process has counted', () => {
  const failed = (taskId: string, now = NOW, round = ROUND) =>
    count(undefined, { outcome: 'unreachable', round, taskId }, now);

  test('is of no use for another round, or when it is older than the window', () => {
    expect(isUsable(failed('a'), anItem({}), RULES, NOW + 59_999)).toBe(true);
    expect(isUsable(failed('a'), anItem({}), RULES, NOW + 60_000)).toBe(false);
    expect(isUsable(failed('a', NOW, '2.0'), anItem({}), RULES, NOW)).toBe(false);
    expect(isUsable(undefined, anItem({}), RULES, NOW)).toBe(false);
  });

  test('is joined with what it counted while a write failed', () => {
    const later = count(failed('b', NOW + 1), { outcome: 'gone', round: ROUND, taskId: 'c' }, NOW + 2);
    expect(join(failed('a'), later)).toEqual({
      round: ROUND,
      since: NOW,
      answered: 1,
      unreachable: 2,
      failing: new Set(['a', 'b']),
      gone: new Set(['c']),
    });
    expect(join(failed('a'), undefined)).toEqual(failed('a'));
    expect(join(failed('a'), failed('b', NOW, '2.2'))).toEqual(failed('b', NOW, '2.2'));
  });
});

describe('the attempts of a rate that a process takes', () => {
  const LIMITS = { ratePerSecond: 10, concurrency: 20 };

  test.for([
    ['its share, at first', NO_BLOCK, { ratePerSecond: 50, concurrency: 20 }, 3],
    ['one, if its share is smaller', NO_BLOCK, LIMITS, 1],
    ['as many as it needed', { second: 9, granted: 8, left: 5, wanted: 3 }, LIMITS, 3],
    ['twice as many, if they were too few', { second: 9, granted: 3, left: 0, wanted: 4 }, LIMITS, 6],
    ['no more than the rate', { second: 9, granted: 8, left: 0, wanted: 9 }, LIMITS, 10],
    ['its share, after a break', { second: 8, granted: 8, left: 0, wanted: 9 }, LIMITS, 1],
  ] as const)('are %s', ([, before, limits, size]) => {
    expect(sizeOfBlock(before, limits, 10)).toBe(size);
  });

  test.for([
    // before, size, granted
    [0, 4, 4],
    [6, 4, 4],
    [7, 4, 3],
    [10, 4, 0],
    [25, 4, 0],
  ] as const)('after %i others, of %i are %i', ([others, size, granted]) => {
    const item = anItem({ [COUNTERS.rate(10)]: others + size });
    expect(blockOf(item, size, LIMITS, 10)).toEqual({ second: 10, granted, left: granted, wanted: 0 });
  });

  test('can be given back in their second', () => {
    const { block, isBegun } = beginOne({ second: 10, granted: 1, left: 1, wanted: 0 });
    expect(isBegun).toBe(true);
    expect(beginOne(block).isBegun).toBe(false);
    expect(beginOne(giveBack(block, 10)).isBegun).toBe(true);
    expect(beginOne(giveBack(block, 11)).isBegun).toBe(false);
  });
});
