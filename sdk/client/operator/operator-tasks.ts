import type {
  OperatorActionRequest,
  OperatorListTasksQuery,
  OperatorTaskView,
  RevealedPayload,
  RevealRequest,
} from '../../../lambda/contract/operator-api.ts';
import type { TaskPage } from '../../../lambda/contract/sender-api.ts';
import type { TaskView } from '../../../lambda/contract/task.ts';
import type { ActOptions, CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';
import { createListing, type Listing } from '../listing.ts';

/** An action on a task, with the options of its call. */
type Action = OperatorActionRequest & ActOptions;

/** The tasks of every application. An action needs a reason, and the `revision` of the task that the operator decided by. */
export class OperatorTasks {
  static readonly name = 'OperatorTasks';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Lists tasks, newest first. */
  list(query: OperatorListTasksQuery & CallOptions = {}, options: CallOptions = {}): Listing<TaskView, TaskPage> {
    return createListing(this.#gateway, 'GET /v1/operator/tasks', query, options, ({ tasks }) => tasks);
  }

  /** Reads one task with its timeline, callbacks and quarantine. */
  get(taskId: string, options: CallOptions = {}): Promise<OperatorTaskView> {
    return this.#gateway.call('GET /v1/operator/tasks/{taskId}', { ...options, path: { taskId } });
  }

  /** Cancels a task: its callbacks stop working at once. */
  cancel(taskId: string, request: Action, options: ActOptions = {}): Promise<OperatorTaskView> {
    return this.#gateway.act('POST /v1/operator/tasks/{taskId}/cancel', { taskId }, request, options);
  }

  /** Revokes the callbacks of a pending task. The sender can issue new ones. */
  revoke(taskId: string, request: Action, options: ActOptions = {}): Promise<OperatorTaskView> {
    return this.#gateway.act('POST /v1/operator/tasks/{taskId}/revoke', { taskId }, request, options);
  }

  /** Undoes the delivery that closed a task. It is pending without callbacks until the sender issues new ones. */
  reopen(taskId: string, request: Action, options: ActOptions = {}): Promise<OperatorTaskView> {
    return this.#gateway.act('POST /v1/operator/tasks/{taskId}/reopen', { taskId }, request, options);
  }

  /** Sends the work of a task to its processor again. Nobody gets its callback URLs. */
  dispatch(taskId: string, request: Action, options: ActOptions = {}): Promise<OperatorTaskView> {
    return this.#gateway.act('POST /v1/operator/tasks/{taskId}/dispatch', { taskId }, request, options);
  }

  /** Reveals the beginning of a payload, and a secret URL of its bytes. The audit records it first. */
  payload(taskId: string, request: RevealRequest & ActOptions, options: ActOptions = {}): Promise<RevealedPayload> {
    return this.#gateway.act('POST /v1/operator/tasks/{taskId}/payload', { taskId }, request, options, true);
  }
}
