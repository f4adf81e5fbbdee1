import { describe, expect, it } from 'vitest';
import {
  latestAttemptOf,
  planNextAttempt,
  readRetryAfter,
} from '../../../../lambda/functions/dispatch/next-attempt.ts';
import { NOW } from '../../../support/tokens.ts';

const SETTINGS = { retry: { delays: [5, 30, 120], leastTime: 300 }, timeout: 30 };
const taskOf = (seconds: number) => ({ expiresAt: new Date((NOW + seconds) * 1000).toISOString() });
const TASK = taskOf(3_600);

const plan = (used: number, retryAfter?: number, isLimited = false, uncounted = 0, task = TASK) =>
  planNextAttempt(task, { used, uncounted }, SETTINGS, NOW * 1000, retryAfter, isLimited);

describe('the next attempt', () => {
  it.each([
    [0, 5],
    [1, 30],
    [2, 120],
  ])('after %i attempts that count follows in %i seconds', (used, delay) => {
    expect(plan(used)).toEqual({ at: NOW + delay, used: used + 1, uncounted: 0 });
  });

  it('does not follow the last wait', () => {
    expect(plan(3)).toEqual({ failure: 'AttemptsUsed' });
  });

  it('waits the longer of the delay and the time that the processor asks for', () => {
    expect(plan(1, 29)).toMatchObject({ at: NOW + 30 });
    expect(plan(1, 31)).toMatchObject({ at: NOW + 31 });
  });

  it('does not count an answer 429 with a time, at most 20 times', () => {
    expect(plan(1, 60, true, 19)).toEqual({ at: NOW + 60, used: 1, uncounted: 20 });
    expect(plan(1, 60, true, 20)).toEqual({ at: NOW + 60, used: 2, uncounted: 20 });
  });

  it('waits the delay at least after an answer that does not count', () => {
    expect(plan(0, 0, true)).toEqual({ at: NOW + 5, used: 0, uncounted: 1 });
    expect(plan(2, 7, true)).toEqual({ at: NOW + 120, used: 2, uncounted: 1 });
    // Every wait is used: one more attempt follows all the same, after the last wait.
    expect(plan(3, 7, true)).toEqual({ at: NOW + 120, used: 3, uncounted: 1 });
  });

  it('counts an answer 429 without a time', () => {
    expect(plan(1, undefined, true)).toEqual({ at: NOW + 30, used: 2, uncounted: 0 });
  });

  it('leaves the processor its least time, to the second', () => {
    // 5 seconds of wait, 30 of the time-out and 300 of the least time.
    expect(plan(0, undefined, false, 0, taskOf(335))).toMatchObject({ at: NOW + 5 });
    expect(plan(0, undefined, false, 0, taskOf(334))).toEqual({ failure: 'NoTimeLeft' });
    expect(latestAttemptOf(taskOf(335), SETTINGS)).toBe(NOW + 5);
  });
});

describe('Retry-After', () => {
  it.each([
    ['7', 7],
    [' 7 ', 7],
    ['0', 0],
    ['3600', 3_600],
    ['3601', 3_600],
    ['9999999999', 3_600],
    [new Date((NOW + 90) * 1000).toUTCString(), 90],
    [new Date((NOW - 90) * 1000).toUTCString(), 0],
    [new Date((NOW + 90_000) * 1000).toUTCString(), 3_600],
  ])('%j is %i seconds', (value, seconds) => {
    expect(readRetryAfter(value, NOW * 1000)).toBe(seconds);
  });

  it.each([undefined, '', '-1', '1.5', '1e3', 'soon', '2026-12-01T00:00:00Z', '12345678901'])('%j is none', (value) => {
    expect(readRetryAfter(value, NOW * 1000)).toBeUndefined();
  });
});
