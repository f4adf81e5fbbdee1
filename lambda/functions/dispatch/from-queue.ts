import { TASK_ID_PATTERN } from '../../contract/claims.ts';
import type { DispatchMessage, SweepRequest } from '../../contract/dispatch.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { DispatchTask } from './dispatch-task.ts';
import type { Sweep } from './sweep.ts';

/** Lambda's response format for partial failures. Lambda deletes the other messages. */
export interface QueueBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export interface EventWork {
  readonly dispatch: DispatchTask;
  readonly sweep: Sweep;
  readonly logger: Logger;
}

/**
 * Handles an event of a processor's queue, or one of `redrive` with the same form, and reports partial failures. Handles runs of the
 * sweep too.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * @throws {TypeError} for another event: `redrive` must not take its letter as processed
 */
export const createEventHandler =
  ({ dispatch, logger, sweep }: EventWork) =>
  async (event: unknown, remaining: () => number): Promise<QueueBatchResponse> => {
    const request = readSweep(event);
    if (request !== undefined) {
      await sweep(request, remaining);
      return { batchItemFailures: [] };
    }
    const { Records: records } = (event ?? {}) as { readonly Records?: unknown };
    if (!Array.isArray(records)) throw new TypeError('The event has neither messages nor the request of a sweep.');
    const failed: string[] = [];
    for (const record of records) {
      const { body, messageId } = (record ?? {}) as { readonly body?: unknown; readonly messageId?: unknown };
      const message = readMessage(String(body));
      if (message === undefined) {
        // Another attempt would not be able to read it either. A task is never lost by it, because messages are only hints.
        logger.error('message dropped: it is not about a task', { messageId: String(messageId) });
        continue;
      }
      try {
        await dispatch(message);
      } catch (error) {
        logger.error('message not handled yet', { taskId: message.taskId, error: describeError(error) });
        failed.push(String(messageId));
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };

const readSweep = (event: unknown): SweepRequest | undefined => {
  const { processor, sweep } = (event ?? {}) as { readonly processor?: unknown; readonly sweep?: unknown };
  if (sweep !== true) return undefined;
  return { sweep, ...(typeof processor === 'string' && { processor }) };
};

const readMessage = (body: string): DispatchMessage | undefined => {
  try {
    const { attempt, issue, taskId } = JSON.parse(body) as Partial<Record<keyof DispatchMessage, unknown>>;
    if (typeof taskId !== 'string' || !TASK_ID_PATTERN.test(taskId)) return undefined;
    const isWhole = Number.isSafeInteger(issue) && Number.isSafeInteger(attempt);
    return isWhole ? { taskId, issue: issue as number, attempt: attempt as number } : undefined;
  } catch {
    return undefined;
  }
};
