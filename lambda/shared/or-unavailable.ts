import { describeError, isRefusalError, RefusalError, refuse } from './refusal.ts';

/**
 * Waits for a dependency. Where it fails, the request ends as `unavailable`, and the log says which dependency and how.
 * @throws {RefusalError} whatever the dependency's failure was, unless it already is a refusal
 */
export const orUnavailable = async <T>(dependency: string, work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (isRefusalError(error)) throw error;
    throw new RefusalError(refuse('unavailable', `${dependency}: ${describeError(error)}`), { cause: error });
  }
};
