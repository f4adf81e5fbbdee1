import { CommandError } from '../command-error.ts';

/** Runs code of the SDK, which throws a `TypeError` for a value that the person gave. */
export const asUsage = <T>(run: () => T): T => {
  try {
    return run();
  } catch (error) {
    throw error instanceof TypeError ? new CommandError('usage', error.message) : error;
  }
};
