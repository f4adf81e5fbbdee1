import { expect, test } from 'vitest';
import { AWS_RETRIES } from '../../../../lambda/contract/call-limits.ts';
import { createRetry } from '../../../../lambda/shared/aws/retries.ts';
import { ServiceError } from '../../../../lambda/shared/aws/service-error.ts';

const transient = (more: { retryAfterMilliseconds?: number } = {}) =>
  new ServiceError('InternalServerError', '', { status: 500, clockCorrected: false, ...more });
const throttled = () => new ServiceError('ThrottlingException', '', { status: 400, clockCorrected: false });

const start = (random = 0.999_999) => {
  const waits: number[] = [];
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds);
  };
  const retry = createRetry({
    attempts: 3,
    baseMilliseconds: AWS_RETRIES.baseMilliseconds.dynamodb,
    random: () => random,
    wait,
  });
  /** An attempt that fails so often with this. */
  const failing = (times: number, error: Error) => {
    let left = times;
    return retry(async () => {
      if (left === 0) return 'done';
      left -= 1;
      throw error;
    });
  };
  return { failing, retry, waits };
};

test('doubles the waits up to the limit', async () => {
  const { failing, waits } = start();
  await failing(2, transient());
  await failing(2, throttled());
  expect(waits).toEqual([24, 49, 999, 1_999]);
  const least = start(0);
  await least.failing(2, transient());
  expect(least.waits).toEqual([0, 0]);
});

test('obeys a service that asks for a longer wait, within bounds', async () => {
  const { failing, waits } = start(0);
  await failing(1, transient({ retryAfterMilliseconds: 300 }));
  await failing(1, transient({ retryAfterMilliseconds: AWS_RETRIES.longestHintMilliseconds }));
  await failing(1, transient({ retryAfterMilliseconds: AWS_RETRIES.longestHintMilliseconds + 1 }));
  expect(waits).toEqual([300, 5_000, 5_000]);
});

test('returns the third failure, and a permanent failure at once', async () => {
  const { failing, waits } = start();
  await expect(failing(3, transient())).rejects.toThrow(ServiceError);
  expect(waits).toHaveLength(2);
  await expect(failing(1, new TypeError('of our own'))).rejects.toThrow(TypeError);
  await expect(
    failing(1, new ServiceError('ValidationException', '', { status: 400, clockCorrected: false })),
  ).rejects.toThrow();
  expect(waits).toHaveLength(2);
});

test('stops retries when the budget is used, and refills it by successes', async () => {
  const { failing, waits } = start(0);
  const { budget, cost } = AWS_RETRIES;
  const calls = Math.ceil(budget / cost.transient / 2) + 5;
  for (let call = 0; call < calls; call += 1) await failing(3, transient()).catch(() => undefined);
  expect(waits).toHaveLength(Math.floor(budget / cost.transient));
  const left = budget % cost.transient;
  // A first success is worth one; with the cost of one wait together, one wait is possible again.
  for (let success = left; success < cost.transient; success += 1) await failing(0, transient());
  await failing(1, transient());
  expect(waits).toHaveLength(Math.floor(budget / cost.transient) + 1);
});
