import { describe, expect, it } from 'vitest';
import { callbackLines, coldStartOf, durationOf, inlineBreakEvenKibibytes, monthOf } from '../../cost/callback.ts';
import { total, usd } from '../../cost/cost-item.ts';
import { CONTENDERS, type MeasuredCallback, readMeasured } from '../../cost/measured.ts';
import { reportCallback } from '../../cost/report.ts';
import { TASK } from '../../cost/usage.ts';
import { INLINE_LIMIT_BYTES } from '../../lambda/contract/limits.ts';

const measured: MeasuredCallback = {
  processorMilliseconds: 1,
  coldMilliseconds: 30,
  requests: 2,
  writeUnits: 4,
  logBytes: 1_000,
  asksKms: true,
};
const setup = { memoryMegabytes: 1_024, platformLog: false, publicKeys: 2 };
const priceOf = (what: string, ...parameters: Parameters<typeof callbackLines>) =>
  usd(callbackLines(...parameters).find((line) => line.what === what) ?? { what, quantity: 0, unit: '', price: 0 });

describe('what a callback takes', () => {
  it('is its part of a processor, as far as memory gives it, and its calls, in whole milliseconds', () => {
    expect(durationOf(measured, 1_769)).toBe(11);
    // Half a processor takes twice as long, two are no faster than one.
    expect(durationOf(measured, 1_769 / 2)).toBe(12);
    expect(durationOf(measured, 2 * 1_769)).toBe(11);
    expect(durationOf({ ...measured, processorMilliseconds: 1.01 }, 1_769)).toBe(12);
    expect(coldStartOf(measured, 1_769 / 3)).toBe(90);
  });

  it('is measured', () => {
    const [postern, peer] = CONTENDERS.map(readMeasured) as [MeasuredCallback, MeasuredCallback];
    expect([postern.requests, peer.requests]).toEqual([1, 3]);
    // What the tasks of a month are priced by, and a test of the store holds.
    expect(postern.writeUnits).toBe(TASK.writeUnits.callback);
    expect(postern.processorMilliseconds).toBeLessThan(peer.processorMilliseconds);
  });
});

describe('what a million callbacks cost', () => {
  it('is the sum of what each layer counts', () => {
    expect(priceOf('write units', measured, setup)).toBeCloseTo(4 * 0.705, 10);
    expect(priceOf('logs', measured, setup)).toBeCloseTo(0.57, 10);
    expect(priceOf('logs', measured, { ...setup, platformLog: true })).toBeCloseTo(1.7 * 0.57, 10);
    // One in a hundred is a new process, and asks for two keys.
    expect(priceOf('public keys of KMS', measured, setup)).toBeCloseTo(0.02 * 15, 10);
    expect(priceOf('public keys of KMS', { ...measured, asksKms: false }, setup)).toBe(0);
    const milliseconds = 0.99 * durationOf(measured, 1_024) + 0.01 * (coldStartOf(measured, 1_024) + 3 * 5);
    expect(priceOf('function time', measured, setup)).toBeCloseTo(milliseconds * 1_000 * 0.0000133334, 10);
  });

  it('and a month of them, with what stands there anyway', () => {
    const lines = callbackLines(measured, setup);
    const idle = [{ what: 'door', quantity: 2, unit: 'month', price: 30 }];
    expect(monthOf(lines, idle, 0)).toBe(60);
    expect(monthOf(lines, idle, 2e6)).toBeCloseTo(60 + 2 * total(lines), 10);
  });

  it('is printed layer by layer, for both', () => {
    const text = reportCallback(setup, [{ what: 'door', quantity: 2, unit: 'month', price: 30 }]);
    const amounts = (what: string) =>
      new RegExp(`^  ${what} +([\\d,.]+) +([\\d,.]+)$`, 'm')
        .exec(text)
        ?.slice(1)
        .map((amount) => Number(amount.replaceAll(',', '')));
    expect(amounts('write units')).toEqual([5.64, 4.23]);
    const [million = 0] = amounts('A million') ?? [];
    expect(million).toBeCloseTo(total(callbackLines(readMeasured('postern'), setup)), 2);
    expect(amounts('What stands there, and 10,000,000 of them')?.[0]).toBeCloseTo(60 + 10 * million, 0);
    expect(text).not.toMatch(/NaN|undefined/);
  });
});

it('a payload stays on its task as long as that is cheaper', () => {
  const kibibytes = inlineBreakEvenKibibytes();
  expect(kibibytes).toBeGreaterThanOrEqual(INLINE_LIMIT_BYTES.default / 1_024 - 0.5);
  expect(kibibytes).toBeLessThan(INLINE_LIMIT_BYTES.default / 1_024 + 1);
});
