import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readResults } from '../../benchmarks/harness/page.ts';
import type { MeasuredPart } from '../../benchmarks/harness/result.ts';
import { limitsOf, reachedAt } from '../../capacity/limits.ts';
import { RATES } from '../../capacity/model.ts';
import { QUOTAS, QUOTAS_AS_OF, type Quota } from '../../capacity/quotas.ts';
import { knobsFor, RESERVABLE } from '../../capacity/settings.ts';
import { durationsOf, expiryRateOf, needsOf, processorTimesOf, publishRateOf } from '../../capacity/workload.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { anAwsEnvironment } from '../support/environments.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Milliseconds that are easy to reckon with. */
const TIMES = { callback: 1, opening: 2, expiry: 1, change: 0.2 } as const;

describe('quotas', () => {
  test.each(Object.entries(QUOTAS as Record<string, Quota>))(
    '%s is dated, sourced, and says what is open',
    (_, quota) => {
      expect(quota.value).toBeGreaterThan(0);
      expect(quota.source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
      if (quota.confirmation === 'unconfirmed') expect(quota.remark).toBeDefined();
      expect(QUOTAS_AS_OF).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    },
  );

  test('Lambda takes ten times as many requests as executions', () => {
    expect(QUOTAS.invocations.value).toBe(10 * QUOTAS.concurrency.value);
  });
});

describe('what is needed', () => {
  test('a function with less than a processor computes longer, and waits as long', () => {
    const { receive, tasks } = durationsOf(TIMES);
    // One whole processor has it all.
    expect(receive).toBeCloseTo(1 + 5, 10);
    expect(tasks).toBeCloseTo((2 * 1_769) / 512 + 5, 10);
    const twice = durationsOf({ ...TIMES, callback: 2 });
    expect(twice.receive - receive).toBeCloseTo(1, 10);
  });

  test('executions are the rate by their time', () => {
    const { open, publish, receive, tasks } = durationsOf(TIMES);
    expect(needsOf(TIMES).concurrency).toBeCloseTo((open + publish + receive + tasks) / 1_000, 10);
  });

  test('what nobody can say is no need', () => {
    expect(needsOf(TIMES).logRequests).toBeNull();
    expect(limitsOf(TIMES, 1).map(({ name }) => name)).not.toContain(QUOTAS.logRequests.name);
  });

  test('DynamoDB’s quota holds for each table and each index by itself: the tasks table decides, with five units a task', () => {
    expect(QUOTAS.tableWrites.value).toBe(40_000);
    expect(needsOf(TIMES).tableWrites).toBe(5);
    expect(limitsOf(TIMES, 1).find(({ name }) => name === QUOTAS.tableWrites.name)?.reachedAt).toBe(8_000);
  });

  test('one process in a hundred is new, and asks KMS for two keys', () => {
    expect(QUOTAS.publicKeys.value).toBe(2_000);
    expect(needsOf(TIMES).publicKeys).toBe(0.02);
  });

  test('the expirer is held by its processor, and by what it has under way', () => {
    const { expire } = durationsOf(TIMES);
    // Fifty seconds of each minute.
    expect(expiryRateOf(TIMES, 48)).toBeCloseTo(((1_000 / expire) * 50) / 60, 10);
    expect(expiryRateOf(TIMES, 1)).toBeCloseTo((200 * 50) / 60, 10);
    expect(publishRateOf(TIMES)).toBeGreaterThan(publishRateOf({ ...TIMES, change: 1 }));
  });

  test('times are those of the largest that was measured', () => {
    expect(() => processorTimesOf({ measures: [] })).toThrow('a callback, processor time');
    const growth = readResults().growth as MeasuredPart;
    for (const milliseconds of Object.values(processorTimesOf(growth))) expect(milliseconds).toBeGreaterThan(0);
  });
});

describe('what is reached first', () => {
  const limits = limitsOf(TIMES, 1);
  const nameAt = (rate: number) => reachedAt(limits, rate).map(({ name }) => name);

  test('signatures, at half of what KMS makes: a task has two', () => {
    expect(limits[0]?.name).toBe(QUOTAS.signatures.name);
    expect(limits[0]?.reachedAt).toBe(500);
    expect(nameAt(500)).toEqual([]);
    expect(nameAt(501)).toEqual([QUOTAS.signatures.name]);
  });

  test('limits come in the order in which they are reached', () => {
    const rates = limits.map(({ reachedAt: rate }) => rate);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    for (const { available, need, reachedAt: rate } of limits) expect(rate * need).toBeCloseTo(available, 6);
  });

  test('an index is as good as its fullest shard', () => {
    const indexOf = (fullest: number) =>
      limitsOf(TIMES, fullest).find(({ name }) => name.startsWith('index byCreation'));
    expect(indexOf(2)?.reachedAt).toBe((indexOf(1)?.reachedAt ?? 0) / 2);
  });

  test('whoever is told to write something into the file finds it there', () => {
    const environment = read('docs/operate/configuration.md');
    const page = read('docs/reference/capacity.md');
    const [, told = ''] =
      /## What the environment’s? ?[^\n]*\n([\s\S]*?)\n## The quotas/.exec(page.replaceAll("'", '’')) ?? [];
    const knobs = [
      ...limits.flatMap(({ remedy }) => [...remedy.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)),
      ...[...told.matchAll(/^- (.*)$/gm)].flatMap(([, line = '']) =>
        [...line.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
      ),
    ].filter((name) => name !== 'receive');
    expect(knobs.length).toBeGreaterThan(5);
    expect([...new Set(knobs)].filter((name) => !environment.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

describe('what the environment’s file says', () => {
  test.each(RATES)('at %d callbacks a second is an environment', (rate) => {
    const knobs = knobsFor(rate, TIMES);
    const environment = readEnvironment('test', anAwsEnvironment({ ...knobs }));
    expect(environment.rateLimits).toEqual(knobs.rateLimits);
    // As much again as comes in five minutes.
    expect(knobs.rateLimits.callbacks).toBe(rate * 300 * 2);
    expect(environment.indexShards).toBe(knobs.indexShards);
    for (const executions of Object.values(knobs.reservedConcurrency)) {
      expect(executions).toBeGreaterThanOrEqual(RESERVABLE.min);
      expect(executions).toBeLessThanOrEqual(RESERVABLE.max);
    }
  });

  test('has shards for twice the rate, in powers of two, as far as there are any', () => {
    expect(RATES.map((rate) => knobsFor(rate, TIMES).indexShards)).toEqual([16, 64, 256]);
  });

  test.each([RESERVABLE.min - 1, RESERVABLE.max + 1])('%d executions are refused', (receive) => {
    expect(() => readEnvironment('test', anAwsEnvironment({ reservedConcurrency: { receive } }))).toThrow(
      'reservedConcurrency.receive',
    );
  });
});
