import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { retryConflicts } from '../../../../lambda/shared/aws/transaction-conflicts.ts';

const cancelled = (...codes: readonly string[]) =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

/** A write that fails with these, in turn, and then succeeds; and what it waited. */
const attempt = async (
  failures: readonly Error[],
  random: () => number,
  isFinal?: () => boolean,
  clock: () => number = () => 0,
) => {
  const waits: number[] = [];
  const left = [...failures];
  const write = async () => {
    const failure = left.shift();
    if (failure) throw failure;
    return 'written';
  };
  const retries = { random, clock, wait: async (milliseconds: number) => void waits.push(milliseconds) };
  const outcome = await retryConflicts(write, retries, isFinal).catch((error: Error) => error);
  return { outcome, waits };
};

const conflict = cancelled('None', 'TransactionConflict');

describe('a write that conflicts with another transaction', () => {
  test.each([
    ['TransactionConflict', conflict],
    ['ThrottlingError', cancelled('ThrottlingError')],
    ['ProvisionedThroughputExceeded', cancelled('ProvisionedThroughputExceeded', 'None')],
    ['a plain write beside a transaction', new TransactionConflictException({ message: 'x', $metadata: {} })],
  ])('is repeated: %s', async (_name, failure) => {
    expect((await attempt([failure], () => 0.5)).outcome).toBe('written');
  });

  test('waits with full jitter, at most 200 ms at a time and about a second in all', async () => {
    const longest = await attempt(Array(9).fill(conflict), () => 1);
    expect(longest).toEqual({ outcome: 'written', waits: [20, 40, 80, 160, 200, 200, 200, 200, 200] });
    const none = await attempt(Array(9).fill(conflict), () => 0);
    expect(none.waits).toEqual(Array(9).fill(0));
  });

  test('ends after ten attempts, with the conflict', async () => {
    expect((await attempt(Array(10).fill(conflict), () => 0)).outcome).toBe(conflict);
  });

  test('ends if the next attempt would begin more than four seconds after the first', async () => {
    const startsAt = (milliseconds: number) => {
      const readings = [0, milliseconds];
      return () => readings.shift() ?? milliseconds;
    };
    expect((await attempt([conflict], () => 0, undefined, startsAt(4_000))).outcome).toBe('written');
    expect((await attempt([conflict], () => 0, undefined, startsAt(4_001))).outcome).toBe(conflict);
  });

  test('is not repeated if a condition failed, or if its caller says so', async () => {
    const answer = cancelled('ConditionalCheckFailed', 'TransactionConflict');
    expect((await attempt([answer], () => 0)).outcome).toBe(answer);
    expect(
      (
        await attempt(
          [answer],
          () => 0,
          () => false,
        )
      ).outcome,
    ).toBe('written');
    expect(
      (
        await attempt(
          [conflict],
          () => 0,
          () => true,
        )
      ).outcome,
    ).toBe(conflict);
  });

  test('is not repeated after any other failure', async () => {
    const other = new Error('reset');
    expect(await attempt([other], () => 0)).toEqual({ outcome: other, waits: [] });
  });
});
