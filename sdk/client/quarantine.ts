import type { QuarantinedView, TaskView } from '../../lambda/contract/task.ts';
import type { ActOptions, CallOptions } from './call-options.ts';
import type { Gateway } from './gateway.ts';

/** Deliveries that came too late, or whose task was reopened. */
export class Quarantine {
  static readonly name = 'Quarantine';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Lists the deliveries in the quarantine of a task. */
  async list(taskId: string, options: CallOptions = {}): Promise<readonly QuarantinedView[]> {
    const { quarantine } = await this.#gateway.call('GET /v1/tasks/{taskId}/quarantine', {
      ...options,
      path: { taskId },
    });
    return quarantine;
  }

  /** Makes a delivery the result or failure of its expired task. */
  accept(taskId: string, id: string, options: ActOptions = {}): Promise<TaskView> {
    return this.#gateway.call('POST /v1/tasks/{taskId}/quarantine/{id}/accept', { ...options, path: { taskId, id } });
  }

  /** Deletes a delivery. */
  discard(taskId: string, id: string, options: CallOptions = {}): Promise<void> {
    return this.#gateway.callAndRead(
      'DELETE /v1/tasks/{taskId}/quarantine/{id}',
      { ...options, path: { taskId, id } },
      async (response) => {
        await response.body?.cancel();
        return { value: undefined };
      },
    );
  }
}
