import { describe, expect, test } from 'vitest';
import { readRetryAfter, retry, retryDelay } from '../../../sdk/shared/backoff.ts';
import type { Failure, Outcome } from '../../../sdk/shared/failure.ts';
import { aStoppedPlatform } from '../../support/stopped-platform.ts';

const unavailable = <T>(more: Partial<Failure> = {}): Outcome<T> => ({
  failure: { code: 'unavailable', message: 'The gateway does not answer.', retryable: true, ...more },
});

describe('readRetryAfter', () => {
  const now = Date.parse('2026-11-30T08:00:00Z');

  test.each([
    ['0', 0],
    ['7', 7_000],
    ['Mon, 30 Nov 2026 08:00:07 GMT', 7_000],
    ['Mon, 30 Nov 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads %j as %j milliseconds', (value, milliseconds) => {
    expect(readRetryAfter(value, now)).toBe(milliseconds);
  });
});

describe('retryDelay', () => {
  test.each([
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [6, 30_000],
    [60, 30_000],
  ])('after attempt %d is less than %d ms, by chance', (attempt, longest) => {
    expect(retryDelay(attempt, () => 0)).toBe(0);
    expect(retryDelay(attempt, () => 0.25)).toBe(longest / 4);
  });

  test('is added to Retry-After, so that clients do not come back at the same moment', () => {
    expect(retryDelay(1, () => 0.5, 7_000)).toBe(7_500);
  });
});

describe('retry', () => {
  test('makes 8 attempts and gives the last failure', async () => {
    const platform = aStoppedPlatform();
    const counts: number[] = [];
    const outcome = await retry(async (count) => {
      counts.push(count);
      return unavailable({ status: 500 + count });
    }, platform);
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(outcome).toMatchObject({ failure: { status: 508 } });
    expect(platform.waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  test('ends at the first answer', async () => {
    const platform = aStoppedPlatform();
    const outcomes: Outcome<string>[] = [unavailable(), { value: 'done' }];
    expect(await retry(async (count) => outcomes[count - 1] ?? unavailable(), platform)).toEqual({ value: 'done' });
    expect(platform.waits).toEqual([500]);
  });

  test('does not repeat what no repeat changes', async () => {
    const platform = aStoppedPlatform();
    await retry(async () => unavailable({ retryable: false }), platform);
    expect(platform.waits).toEqual([]);
  });

  test('waits for a Retry-After of 300 s and not for one of 301 s', async () => {
    const patient = aStoppedPlatform();
    await retry<number>(async (count) => (count === 1 ? unavailable({ retryAfter: 300_000 }) : { value: 1 }), patient);
    expect(patient.waits).toEqual([300_500]);
    const impatient = aStoppedPlatform();
    expect(await retry(async () => unavailable({ retryAfter: 301_000 }), impatient)).toMatchObject({
      failure: { retryable: true },
    });
    expect(impatient.waits).toEqual([]);
  });

  test('ends with the reason of the signal, also between two attempts', async () => {
    const controller = new AbortController();
    const attempt = async () => {
      controller.abort(new Error('enough'));
      return unavailable();
    };
    await expect(retry(attempt, aStoppedPlatform(), controller.signal)).rejects.toThrow('enough');
    await expect(retry(async () => ({ value: 1 }), aStoppedPlatform(), controller.signal)).rejects.toThrow('enough');
  });
});
