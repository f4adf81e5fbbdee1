import type { Capability } from './capabilities.ts';
import type { Carrier } from './carriers.ts';
import type { DispatchView } from './dispatch.ts';
import type { Grade } from './proofs.ts';
import type { QuarantinedView, TaskStatus, TaskView } from './task.ts';

/* Bodies and queries of the sender API. */

/** The workflow that waits for a task, with the secret by which it is told. */
export type ResumeRequest =
  | { readonly kind: 'stepFunctions'; readonly taskToken: string; readonly arn?: string }
  | { readonly kind: 'durableFunction'; readonly callbackId: string; readonly arn?: string };

/** Body of `POST /v1/tasks`. */
export interface OpenTaskRequest {
  /** Id of a processor of the environment. */
  readonly processor: string;
  /** The sender's own name of the subject of the work. */
  readonly resource: string;
  /** The user or tenant for whom the work is done. */
  readonly owner?: string;
  /** Seconds; a processor may allow less. */
  readonly expiresIn: number;
  /** Seconds without progress after which the task expires. */
  readonly heartbeat?: number;
  /** @default result and failure */
  readonly callbacks?: readonly Capability[];
  /** One of the processor's carriers, or `header`. */
  readonly carrier?: Carrier;
  /** Events return it to the sender. The processor never gets it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly resume?: ResumeRequest;
  /** Cancels the pending task of the application that was opened with the same value. */
  readonly supersedes?: string;
  /** What the processor is to work on, for a processor that Postern sends the work to. At most 16,384 bytes of JSON. */
  readonly input?: unknown;
  /**
   * False: the sender gets the callbacks and sends the work itself.
   * @default true for a processor that Postern sends the work to, and false for others
   */
  readonly dispatch?: boolean;
}

/** Body of `POST /v1/tasks/{taskId}/callbacks`. Omitted members stay as they were. */
export interface ReissueCallbacksRequest {
  readonly callbacks?: readonly Capability[];
  /** Seconds. */
  readonly expiresIn?: number;
  readonly carrier?: Carrier;
}

/** Body of `POST /v1/tasks/{taskId}/reopen`. Omitted members stay as they were. */
export interface ReopenTaskRequest extends ReissueCallbacksRequest {
  /** Why the task is reopened. The log and the operators get the reason; events do not have it. */
  readonly reason: string;
  /** The input again: it was deleted when the task succeeded. Only of a task whose work Postern sends. */
  readonly input?: unknown;
}

/** One callback, as the sender passes it to the processor. */
export interface Callback {
  readonly method: 'POST';
  /** A secret, unless it comes with a `token`. */
  readonly url: string;
  /** Present if the URL does not contain it. */
  readonly token?: string;
  readonly expiresAt: string;
  readonly maxUses: number;
  readonly grade: Grade;
}

/** The callbacks of a task. Empty when the task is closed. */
export type Callbacks = Readonly<Partial<Record<Capability, Callback>>>;

/** A task with its callbacks, as the sender API shows it after creation, re-issue and reopening. */
export interface TaskWithCallbacks {
  readonly taskId: string;
  readonly application: string;
  readonly status: TaskStatus;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Empty if Postern sends the work. */
  readonly callbacks: Callbacks;
  /** Only of a task whose work Postern sends. */
  readonly dispatch?: Pick<DispatchView, 'state'>;
}

/** Query of `GET /v1/tasks`. Times are RFC 3339 in UTC. */
export interface ListTasksQuery {
  readonly status?: TaskStatus;
  readonly processor?: string;
  readonly resource?: string;
  readonly owner?: string;
  readonly createdAfter?: string;
  readonly createdBefore?: string;
  /** Largest number of items in a page. */
  readonly limit?: number;
  /** The cursor of the page before. */
  readonly cursor?: string;
}

/** A page of tasks, newest first. */
export interface TaskPage {
  readonly tasks: readonly TaskView[];
  /** Beginning of the next page; absent on the last page. A short or empty page can have one. */
  readonly cursor?: string;
}

/** Answer of `GET /v1/tasks/{taskId}/quarantine`. */
export interface QuarantineList {
  readonly quarantine: readonly QuarantinedView[];
}
