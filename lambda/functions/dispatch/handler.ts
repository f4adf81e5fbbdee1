/** Handles messages of the processors' queues. */
export const handler = async (): Promise<void> => {
  throw new Error('The function does not exist yet.');
};
