import { POLL_MILLISECONDS } from '../../lambda/contract/sdk-limits.ts';
import type { TaskStatus, TaskView } from '../../lambda/contract/task.ts';
import type { Platform } from '../shared/platform.ts';
import type { CallOptions } from './call-options.ts';
import { errorOf } from './ended-task.ts';
import type { Gateway } from './gateway.ts';
import { type PayloadOptions, readPayload } from './payload.ts';
import { PosternError } from './postern-error.ts';

export interface WaitOptions extends CallOptions {
  /**
   * True if the wait is over.
   * @default true for a task that is not pending
   */
  readonly until?: (task: TaskView) => boolean;
}

/** A task as it was when the wait was over. */
export class WaitedTask {
  static readonly name = 'WaitedTask';
  readonly task: TaskView;
  readonly #gateway: Gateway;

  constructor(task: TaskView, gateway: Gateway) {
    this.task = task;
    this.#gateway = gateway;
  }

  get taskId(): string {
    return this.task.taskId;
  }

  get status(): TaskStatus {
    return this.task.status;
  }

  /**
   * Reads the result.
   * @throws {TaskFailed | TaskExpired | TaskCancelled} if the task ended without one
   * @throws {PosternError}
   */
  async result<A extends 'bytes' | 'response' = 'bytes'>(options: PayloadOptions<A> = {}) {
    const error = errorOf(this.task);
    if (error) throw error;
    return readPayload<A>(this.#gateway, 'GET /v1/tasks/{taskId}/result', this.taskId, options);
  }

  /**
   * Reads what the processor reported with a failure.
   * @throws {PosternError} `result_unavailable` if the task did not fail
   */
  async failure<A extends 'bytes' | 'response' = 'bytes'>(options: PayloadOptions<A> = {}) {
    return readPayload<A>(this.#gateway, 'GET /v1/tasks/{taskId}/failure', this.taskId, options);
  }
}

const isOver = ({ status }: TaskView): boolean => status !== 'pending';

/**
 * Reads a task again and again until the wait is over. After the first read, a gateway that cannot answer for a while does not
 * end the wait before the task expires.
 * @throws {PosternError}
 * @throws the reason of the signal, as soon as it is aborted
 */
export const waitForTask = async (
  read: () => Promise<TaskView>,
  { now, wait }: Pick<Platform, 'now' | 'wait'>,
  { signal, until = isOver }: WaitOptions,
): Promise<TaskView> => {
  let task = await read();
  let pause: number = POLL_MILLISECONDS.first;
  while (!until(task)) {
    await wait(pause, signal);
    pause = Math.min(2 * pause, POLL_MILLISECONDS.longest);
    try {
      task = await read();
    } catch (error) {
      const mayCome = error instanceof PosternError && error.retryable && now() < Date.parse(task.expiresAt);
      if (!mayCome) throw error;
    }
  }
  return task;
};
