import type { TaskWithCallbacks } from '../../contract/sender-api.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import type { TaskCreator } from './create-task.ts';
import { toIdempotentRequest } from './idempotency.ts';
import { readCreationRequest } from './request.ts';

export interface OpenTaskOptions {
  readonly createTask: TaskCreator;
  /** True if names in bodies may be abbreviated to unambiguous prefixes. */
  readonly abbreviations: boolean;
}

export interface OpenedTask {
  readonly task: TaskWithCallbacks;
  /** True if an earlier request with the same idempotency key created the task. */
  readonly repeated: boolean;
  /** Fields of the log line. */
  readonly fields: Fields;
}

/**
 * Creates a task from the JSON value of a request, in whatever way it came.
 * @param key the idempotency key, if the request has one
 */
export type OpenTask = (sender: Sender, body: unknown, key: string | undefined) => Promise<OpenedTask | Refusal>;

export const createOpenTask =
  ({ abbreviations, createTask }: OpenTaskOptions): OpenTask =>
  async (sender, body, key) => {
    const wanted = readCreationRequest(body, abbreviations);
    if (isRefusal(wanted)) return wanted;
    const idempotent = key === undefined ? undefined : toIdempotentRequest(sender.application.id, key, body);
    const creation = await createTask(sender, wanted, idempotent);
    if (isRefusal(creation)) return creation;
    const { logFields, repeated, task } = creation;
    const { processor } = wanted;
    return { task, repeated, fields: { taskId: task.taskId, ...(repeated && { repeated }), processor, ...logFields } };
  };
