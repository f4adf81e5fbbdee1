import { RESUME_DELIVERY } from '../../contract/workflow-limits.ts';

/**
 * Returns the wait after a failed attempt, in whole seconds. It doubles up to the longest wait. Its second half is random, so that
 * tasks that failed together are not repeated together.
 * @param attempts number of attempts, the failed one included
 * @param random uniform in [0, 1)
 */
export const retryWait = (attempts: number, random: () => number): number => {
  const { firstWaitSeconds, longestWaitSeconds } = RESUME_DELIVERY;
  const wait = Math.min(longestWaitSeconds, firstWaitSeconds * 2 ** (attempts - 1));
  return Math.ceil((wait * (1 + random())) / 2);
};
