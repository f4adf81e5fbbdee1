import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  callbackCosts,
  coldStartOf,
  durationOf,
  inlineBreakEvenKibibytes,
  monthOf,
} from '../../cost/callback-costs.ts';
import { total, usd } from '../../cost/cost-item.ts';
import { MEASURED, type MeasuredCallback } from '../../cost/measured.ts';
import { reportCallback } from '../../cost/report.ts';
import { TASK } from '../../cost/usage.ts';
import { INLINE_LIMIT_BYTES } from '../../lambda/contract/limits.ts';

const measured: MeasuredCallback = {
  cpuMilliseconds: 1,
  coldStartMilliseconds: 30,
  requests: 2,
  writeUnits: 4,
  logBytes: 1_000,
  requestsKeys: true,
};
const settings = { memoryMegabytes: 1_024, platformLog: false, publicKeys: 2 };
const fixed = [{ name: 'load balancer', quantity: 2, unit: 'month', price: 30 }];

const priceOf = (name: string, ...parameters: Parameters<typeof callbackCosts>) =>
  usd(callbackCosts(...parameters).find((item) => item.name === name) ?? { name, quantity: 0, unit: '', price: 0 });

describe('the duration of a callback', () => {
  it('is its CPU time on its share of a vCPU, plus its calls, in whole milliseconds', () => {
    expect(durationOf(measured, 1_769)).toBe(11);
    // Half a vCPU takes twice as long. Two are no faster than one.
    expect(durationOf(measured, 1_769 / 2)).toBe(12);
    expect(durationOf(measured, 2 * 1_769)).toBe(11);
    expect(durationOf({ ...measured, cpuMilliseconds: 1.01 }, 1_769)).toBe(12);
    expect(coldStartOf(measured, 1_769 / 3)).toBe(90);
  });
});

describe('the measurements', () => {
  // Opening a task has rows with the same names.
  const page = readFileSync(new URL('../../docs/reference/performance.md', import.meta.url), 'utf8').replace(
    /^## A task opened$.*?(?=^## )/ms,
    '',
  );
  /** Medians of Postern and the peer in one row of the page. */
  const published = (row: string): readonly number[] => {
    const [, ...cells] = new RegExp(`^\\| ${row} \\| ([\\d,.]+)[^|]* \\| ([\\d,.]+)[^|]* \\|`, 'm').exec(page) ?? [];
    return cells.map((cell) => Number(cell.replaceAll(',', '')));
  };
  const valuesOf = (value: (each: MeasuredCallback) => number) => [MEASURED.postern, MEASURED.peer].map(value);

  it.each<[string, (each: MeasuredCallback) => number]>([
    ['CPU time of a callback, 1 at a time, µs', ({ cpuMilliseconds }) => cpuMilliseconds * 1_000],
    ['load and first callback, ms', ({ coldStartMilliseconds }) => coldStartMilliseconds],
    ['requests of DynamoDB', ({ requests }) => requests],
    ['write units, payload of 1 KiB', ({ writeUnits }) => writeUnits],
    ['log, bytes', ({ logBytes }) => logBytes],
  ])('are those of the page: %s', (row, value) => {
    expect(published(row)).toEqual(valuesOf(value));
  });

  it('have the write units of the usage, which a test of the store checks', () => {
    expect(MEASURED.postern.writeUnits).toBe(TASK.writeUnits.callback);
  });
});

describe('the costs of a million callbacks', () => {
  it('are the sum of what each layer bills', () => {
    expect(priceOf('write units', measured, settings)).toBeCloseTo(4 * 0.705, 10);
    expect(priceOf('logs', measured, settings)).toBeCloseTo(0.57, 10);
    expect(priceOf('logs', measured, { ...settings, platformLog: true })).toBeCloseTo(1.7 * 0.57, 10);
    // One callback in a hundred starts a new process, which requests two keys.
    expect(priceOf('public keys of KMS', measured, settings)).toBeCloseTo(0.02 * 15, 10);
    expect(priceOf('public keys of KMS', { ...measured, requestsKeys: false }, settings)).toBe(0);
    const milliseconds = 0.99 * durationOf(measured, 1_024) + 0.01 * (coldStartOf(measured, 1_024) + 3 * 5);
    expect(priceOf('function time', measured, settings)).toBeCloseTo(milliseconds * 1_000 * 0.0000133334, 10);
  });

  it('are added to the fixed costs of a month', () => {
    const million = callbackCosts(measured, settings);
    expect(monthOf(million, fixed, 0)).toBe(60);
    expect(monthOf(million, fixed, 2e6)).toBeCloseTo(60 + 2 * total(million), 10);
  });

  it('are printed by layer, for Postern and the peer', () => {
    const text = reportCallback(settings, fixed);
    const amounts = (name: string) =>
      new RegExp(`^  ${name} +([\\d,.]+) +([\\d,.]+)$`, 'm')
        .exec(text)
        ?.slice(1)
        .map((amount) => Number(amount.replaceAll(',', '')));
    expect(amounts('write units')).toEqual([4.23, 2.82]);
    const [million = 0] = amounts('A million') ?? [];
    expect(million).toBeCloseTo(total(callbackCosts(MEASURED.postern, settings)), 2);
    expect(amounts('Fixed costs and 10,000,000 callbacks')?.[0]).toBeCloseTo(60 + 10 * million, 0);
    expect(text).not.toMatch(/NaN|undefined/);
  });
});

it('the default inline limit is the size up to which the task is cheaper than the bucket', () => {
  const kibibytes = inlineBreakEvenKibibytes();
  expect(kibibytes).toBeGreaterThanOrEqual(INLINE_LIMIT_BYTES.default / 1_024 - 0.5);
  expect(kibibytes).toBeLessThan(INLINE_LIMIT_BYTES.default / 1_024 + 1);
});
