import type { OpenedTask } from './open-task.ts';

/**
 * Gives the work and its callbacks to the processor. Write here what the API of your processor needs.
 * @param url address of the processor's API
 * @param document address of the scanned invoice
 * @throws {Error} with the name `ProcessorUnavailable` if the processor may accept the work later
 */
export const orderRecognition = async (
  url: string,
  document: string,
  { callbacks, taskId }: OpenedTask,
): Promise<void> => {
  // The task has ended: an earlier attempt gave the work to the processor.
  if (callbacks.result === undefined) return;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': taskId },
    body: JSON.stringify({ document, callbacks }),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  if (response?.ok) return;
  const status = response?.status ?? 0;
  const isPassing = response === undefined || status === 429 || status >= 500;
  throw Object.assign(new Error(`The processor answered ${status}.`), {
    name: isPassing ? 'ProcessorUnavailable' : 'ProcessorRefused',
  });
};
