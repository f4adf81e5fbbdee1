import type { Capability } from '../../lambda/contract/capabilities.ts';
import type {
  Callback,
  Callbacks,
  ListTasksQuery,
  OpenTaskRequest,
  ReissueCallbacksRequest,
  ReopenTaskRequest,
  TaskPage,
  TaskWithCallbacks,
} from '../../lambda/contract/sender-api.ts';
import type { TaskView } from '../../lambda/contract/task.ts';
import type { ActOptions, CallOptions } from './call-options.ts';
import type { Gateway } from './gateway.ts';
import { createListing, type Listing } from './listing.ts';
import { type PayloadOptions, readPayload } from './payload.ts';
import { Quarantine } from './quarantine.ts';
import { WaitedTask, type WaitOptions, waitForTask } from './waited-task.ts';

/** The tasks of the application that the access token belongs to. Every method rejects with `PosternError`. */
export class Tasks {
  static readonly name = 'Tasks';
  readonly #gateway: Gateway;
  /** Deliveries that came too late, or whose task was reopened. */
  readonly quarantine: Quarantine;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.quarantine = new Quarantine(gateway);
  }

  /**
   * Opens a task and returns the callbacks for its processor. Options may stand beside the members of the body. A repeat with your own
   * `idempotencyKey` gets the task as it is now: its `callbacks` are empty when it has ended.
   *
   * With `input`, for a processor that Postern sends the work to, nobody but the processor gets the callbacks: they are empty.
   */
  open(request: DispatchRequest & ActOptions, options?: ActOptions): Promise<DispatchedTask>;
  open<C extends Capability = DefaultCapability>(
    request: OpenTaskRequest & { readonly callbacks?: readonly C[] } & ActOptions,
    options?: ActOptions,
  ): Promise<OpenedTask<C>>;
  open<C extends Capability = DefaultCapability>(
    request: OpenTaskRequest & { readonly callbacks?: readonly C[] } & ActOptions,
    options: ActOptions = {},
  ): Promise<OpenedTask<C> | DispatchedTask> {
    // The gateway issues what was asked for.
    return this.#gateway.act('POST /v1/tasks', {}, request, options, true) as Promise<OpenedTask<C> | DispatchedTask>;
  }

  /** Lists tasks, newest first. */
  list(query: ListTasksQuery & CallOptions = {}, options: CallOptions = {}): Listing<TaskView, TaskPage> {
    return createListing(this.#gateway, 'GET /v1/tasks', query, options, ({ tasks }) => tasks);
  }

  /** Reads one task. */
  get(taskId: string, options: CallOptions = {}): Promise<TaskView> {
    return this.#gateway.call('GET /v1/tasks/{taskId}', { ...options, path: { taskId } });
  }

  /** Waits until a task has ended. It reads the task after 1 s, 2 s, 4 s and so on, at last every 30 s. */
  async wait(taskId: string, options: WaitOptions = {}): Promise<WaitedTask> {
    const { signal } = options;
    const read = () => this.get(taskId, signal && { signal });
    return new WaitedTask(await waitForTask(read, this.#gateway.platform, options), this.#gateway);
  }

  /** Reads the result of a task. */
  result<A extends 'bytes' | 'response' = 'bytes'>(taskId: string, options: PayloadOptions<A> = {}) {
    return readPayload<A>(this.#gateway, 'GET /v1/tasks/{taskId}/result', taskId, options);
  }

  /** Reads what the processor reported with the failure of a task. */
  failure<A extends 'bytes' | 'response' = 'bytes'>(taskId: string, options: PayloadOptions<A> = {}) {
    return readPayload<A>(this.#gateway, 'GET /v1/tasks/{taskId}/failure', taskId, options);
  }

  /** Cancels a task: its callbacks stop working at once. */
  cancel(taskId: string, options: CallOptions = {}): Promise<TaskView> {
    return this.#gateway.call('DELETE /v1/tasks/{taskId}', { ...options, path: { taskId }, isRepeatable: true });
  }

  /** Issues new callbacks of a pending task: the earlier ones stop working. */
  reissue(
    taskId: string,
    request: ReissueCallbacksRequest & ActOptions = {},
    options: ActOptions = {},
  ): Promise<TaskWithCallbacks> {
    return this.#gateway.act('POST /v1/tasks/{taskId}/callbacks', { taskId }, request, options, true);
  }

  /** Sends the work of a task to its processor again: now, if it waits for its next attempt, and otherwise with new callbacks. */
  dispatch(taskId: string, options: ActOptions = {}): Promise<TaskView> {
    return this.#gateway.call('POST /v1/tasks/{taskId}/dispatch', { ...options, path: { taskId } });
  }

  /** Undoes the delivery that closed a task: it is pending again and has new callbacks. */
  reopen(
    taskId: string,
    request: ReopenTaskRequest & ActOptions,
    options: ActOptions = {},
  ): Promise<TaskWithCallbacks> {
    return this.#gateway.act('POST /v1/tasks/{taskId}/reopen', { taskId }, request, options);
  }
}

/** Capabilities of a task whose request names none. */
type DefaultCapability = 'result' | 'failure';

/** A request for a task whose work Postern sends to the processor. */
type DispatchRequest = OpenTaskRequest &
  ({ readonly input: unknown; readonly dispatch?: true } | { readonly dispatch: true });

/** A task whose work Postern sends to the processor. Its `callbacks` are empty. */
export type DispatchedTask = TaskWithCallbacks & Pick<Required<TaskWithCallbacks>, 'dispatch'>;

/** A task that was opened, with the callbacks that its request named. A request of the type of any list names none. */
export type OpenedTask<C extends Capability = DefaultCapability> = TaskWithCallbacks & {
  readonly callbacks: Callbacks & Readonly<Record<Capability extends C ? never : C, Callback>>;
};
