import { CLOCK_TOLERANCE_SECONDS } from '../../lambda/contract/limits.ts';
import type { Problem } from './problem.ts';

/**
 * Compares the clock of this machine with the `Date` of an answer. A wrong clock makes assertions and proofs that the other
 * side refuses.
 * @param date milliseconds since 1970, whole seconds (RFC 9110 §5.6.7)
 * @param before milliseconds since 1970 at the request
 * @param after milliseconds since 1970 at the answer
 */
export const checkClock = (
  role: string,
  date: number | undefined,
  before: number,
  after: number,
): readonly Problem[] => {
  if (date === undefined) return [];
  // The date was written at some time in between, and its fraction of a second was cut off.
  const ahead = before - (date + 1_000);
  const behind = date - after;
  const seconds = Math.round(Math.max(ahead, behind) / 1_000);
  if (seconds <= CLOCK_TOLERANCE_SECONDS) return [];
  return [
    {
      check: 'clock',
      message: `The clock of this machine is ${seconds} s ${ahead > behind ? 'ahead of' : 'behind'} that of the ${role}; at most ${CLOCK_TOLERANCE_SECONDS} s are accepted.`,
      remedy: 'Set the clock by the network (NTP), for instance with: timedatectl set-ntp true',
    },
  ];
};
