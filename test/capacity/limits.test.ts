import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exceededAt, limitsOf, openingLimit } from '../../capacity/limits.ts';
import { RATES } from '../../capacity/model.ts';
import { QUOTAS, QUOTAS_AS_OF, type Quota } from '../../capacity/quotas.ts';
import { RESERVABLE, settingsFor } from '../../capacity/settings.ts';
import {
  durationsOf,
  expiryRateOf,
  expiryReadUnits,
  lookRateOf,
  publishRateOf,
  usePerCallback,
} from '../../capacity/workload.ts';
import { TASK } from '../../cost/usage.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { anAwsEnvironment } from '../support/environments.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** CPU times in milliseconds, in round numbers. */
const TIMES = { callback: 1, creation: 2, expiry: 1, look: 0.1, change: 0.2 } as const;

describe('quotas', () => {
  test.each(Object.entries(QUOTAS as Record<string, Quota>))('%s has a value, a source and a date', (_, quota) => {
    expect(quota.value).toBeGreaterThan(0);
    expect(quota.source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    if (quota.confirmation === 'unconfirmed') expect(quota.remark).toBeDefined();
    expect(QUOTAS_AS_OF).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  test('Lambda takes ten times as many requests as executions', () => {
    expect(QUOTAS.invocations.value).toBe(10 * QUOTAS.concurrency.value);
  });
});

describe('the use of a quota', () => {
  test('a function with less than one vCPU computes longer, and waits as long', () => {
    const { receive, tasks } = durationsOf(TIMES);
    // `receive` has one whole vCPU.
    expect(receive).toBeCloseTo(1 + 5, 10);
    expect(tasks).toBeCloseTo((2 * 1_769) / 512 + 5, 10);
    const twice = durationsOf({ ...TIMES, callback: 2 });
    expect(twice.receive - receive).toBeCloseTo(1, 10);
  });

  test('concurrency is the rate multiplied by the durations', () => {
    const { 'create-task': creation, publish, receive, tasks } = durationsOf(TIMES);
    expect(usePerCallback(TIMES).concurrency).toBeCloseTo((creation + publish + receive + tasks) / 1_000, 10);
  });

  test('a quota whose use is unknown is no limit', () => {
    expect(usePerCallback(TIMES).logRequests).toBeNull();
    expect(limitsOf(TIMES).map(({ name }) => name)).not.toContain(QUOTAS.logRequests.name);
  });

  test('the tasks table decides DynamoDB’s quota per table, with five units per task', () => {
    expect(QUOTAS.tableWrites.value).toBe(40_000);
    expect(usePerCallback(TIMES).tableWrites).toBe(5);
    expect(limitsOf(TIMES).find(({ name }) => name === QUOTAS.tableWrites.name)?.reachedAt).toBe(8_000);
  });

  test('one process in a hundred is new, and requests two keys from KMS, if keys of KMS sign', () => {
    expect(QUOTAS.publicKeys.value).toBe(2_000);
    expect(usePerCallback(TIMES, 'kms').publicKeys).toBe(0.02);
  });

  test('rotating keys use neither signatures nor public keys of KMS', () => {
    const { publicKeys, signatures } = usePerCallback(TIMES);
    expect({ publicKeys, signatures }).toEqual({ publicKeys: null, signatures: null });
    const names = limitsOf(TIMES).map(({ name }) => name);
    expect(names).not.toContain(QUOTAS.signatures.name);
    expect(names).not.toContain(QUOTAS.publicKeys.name);
  });

  test('at least 5,000 tasks a second are opened until a quota ends it; 500 if keys of KMS sign', () => {
    expect(openingLimit(TIMES, 'rotating').name).toBe(QUOTAS.invocations.name);
    expect(openingLimit(TIMES, 'rotating').reachedAt).toBeGreaterThanOrEqual(5_000);
    expect(openingLimit(TIMES, 'kms')).toMatchObject({ name: QUOTAS.signatures.name, reachedAt: 500 });
  });

  test('a look of `expire` reads half a unit, and each task has two and a half', () => {
    expect(expiryReadUnits(1)).toBeCloseTo(TASK.readUnits - 1, 2);
    // Ten looks a millisecond, for fifty seconds of each minute.
    expect(lookRateOf(TIMES)).toBeCloseTo((10_000 * 50) / 60, 10);
  });

  test('CPU time or the number of open calls limits expiry', () => {
    const { expire } = durationsOf(TIMES);
    // A run works for fifty seconds of each minute.
    expect(expiryRateOf(TIMES, 48)).toBeCloseTo(((1_000 / expire) * 50) / 60, 10);
    expect(expiryRateOf(TIMES, 1)).toBeCloseTo((200 * 50) / 60, 10);
    expect(publishRateOf(TIMES)).toBeGreaterThan(publishRateOf({ ...TIMES, change: 1 }));
  });
});

describe('the order of limits', () => {
  const limits = limitsOf(TIMES, 'kms');
  const namesAt = (rate: number) => exceededAt(limits, rate).map(({ name }) => name);

  test('begins with signatures, at half of KMS’s quota, because a task has two', () => {
    expect(limits[0]?.name).toBe(QUOTAS.signatures.name);
    expect(limits[0]?.reachedAt).toBe(500);
    expect(namesAt(500)).toEqual([]);
    expect(namesAt(501)).toEqual([QUOTAS.signatures.name]);
  });

  test('is that of the rates at which they are reached', () => {
    const rates = limits.map(({ reachedAt }) => reachedAt);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    for (const { available, perCallback, reachedAt } of limits)
      expect(reachedAt * perCallback).toBeCloseTo(available, 6);
  });

  test('has the indexes by shard, with one partition per shard', () => {
    const indexes = limits.filter(({ name }) => name.startsWith('index '));
    expect(indexes.map(({ available, reachedAt }) => [available, reachedAt])).toEqual([
      [16_000, 16_000],
      [16_000, 16_000],
    ]);
  });

  test('names only settings that the configuration has', () => {
    const configuration = read('docs/operate/configuration.md');
    const page = read('docs/reference/capacity.md');
    const [, section = ''] = /## Settings\n([\s\S]*?)\n## Quotas/.exec(page) ?? [];
    const namesIn = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    const settings = [
      ...limits.flatMap(({ remedy }) => namesIn(remedy)),
      ...[...section.matchAll(/^- (.*)$/gm)].flatMap(([, line = '']) => namesIn(line)),
    ].filter((name) => name !== 'receive');
    expect(settings.length).toBeGreaterThan(5);
    expect([...new Set(settings)].filter((name) => !configuration.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

describe('the settings of an environment', () => {
  test.each(RATES)('for %d callbacks per second are accepted', (rate) => {
    const settings = settingsFor(rate, TIMES);
    const environment = readEnvironment('test', anAwsEnvironment({ ...settings }));
    expect(environment.rateLimits).toEqual(settings.rateLimits);
    // Twice the callbacks of five minutes.
    expect(settings.rateLimits.callbacks).toBe(rate * 300 * 2);
    expect(environment.indexShards).toBe(settings.indexShards);
    for (const executions of Object.values(settings.reservedConcurrency)) {
      expect(executions).toBeGreaterThanOrEqual(RESERVABLE.min);
      expect(executions).toBeLessThanOrEqual(RESERVABLE.max);
    }
  });

  test('have shards for twice the rate, in powers of two up to the maximum', () => {
    expect(RATES.map((rate) => settingsFor(rate, TIMES).indexShards)).toEqual([16, 32, 256]);
  });

  test.each([RESERVABLE.min - 1, RESERVABLE.max + 1])('with %d reserved executions are refused', (receive) => {
    expect(() => readEnvironment('test', anAwsEnvironment({ reservedConcurrency: { receive } }))).toThrow(
      'reservedConcurrency.receive',
    );
  });
});
