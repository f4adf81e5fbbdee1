import { describeError, isRefusalError, RefusalError, refuse } from './refusal.ts';

/**
 * Waits for a dependency. Its failure ends the request as `unavailable`; the log names the dependency and the error.
 * @throws {RefusalError} for every failure; a `RefusalError` of the dependency is passed on
 */
export const orUnavailable = async <T>(dependency: string, work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (isRefusalError(error)) throw error;
    throw new RefusalError(refuse('unavailable', `${dependency}: ${describeError(error)}`), { cause: error });
  }
};
