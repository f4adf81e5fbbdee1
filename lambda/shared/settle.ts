import { describeError, isRefusalError, type Refusal, refuse } from './refusal.ts';

/** Turns errors into refusals: `RefusalError` into its own refusal, every other error into `unavailable`. */
export const settle = async <E>(run: () => Promise<E>): Promise<E | Refusal> => {
  try {
    return await run();
  } catch (error) {
    if (isRefusalError(error)) return error.refusal;
    return refuse('unavailable', `unforeseen: ${describeError(error)}`);
  }
};
