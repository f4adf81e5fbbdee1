import type {
  BulkSending,
  DispatchAllRequest,
  PlanView,
  ProcessorActionRequest,
  ProcessorDispatchView,
  ProcessorView,
  RevocationConfirmation,
  RevokeAllRequest,
  StartedJob,
} from '../../../lambda/contract/operator-api.ts';
import type { ActOptions, CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';

/** An action on a processor, with the options of its call. */
type ProcessorAction = ProcessorActionRequest & ActOptions;

/** The processors of the environment. */
export class Processors {
  static readonly name = 'Processors';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  async list(options: CallOptions = {}): Promise<readonly ProcessorView[]> {
    return (await this.#gateway.call('GET /v1/operator/processors', { ...options, path: {} })).processors;
  }

  get(id: string, options: CallOptions = {}): Promise<ProcessorView> {
    return this.#gateway.call('GET /v1/operator/processors/{id}', { ...options, path: { id } });
  }

  /**
   * Revokes the callbacks of all pending tasks of a processor, in two calls: `{ plan: true }` gives a plan and changes nothing.
   * Its `planId`, its `count` as `confirm`, and a reason start a job.
   */
  revoke(id: string, request: { readonly plan: true } & ActOptions, options?: ActOptions): Promise<PlanView>;
  revoke(id: string, request: RevocationConfirmation & ActOptions, options?: ActOptions): Promise<StartedJob>;
  revoke(id: string, request: RevokeAllRequest & ActOptions, options: ActOptions = {}): Promise<PlanView | StartedJob> {
    const line = 'POST /v1/operator/processors/{id}/revoke';
    return this.#gateway.act(line, { id }, request, options, 'plan' in request);
  }

  /**
   * Sends the work of many tasks of a processor again, in two calls as `revoke`: those that could not be sent (`failed`), those that
   * it has with callbacks of a retired key (`retired_key`), or those that it may not have (`answer_unknown`).
   */
  dispatch(
    id: string,
    request: { readonly plan: true; readonly of: BulkSending } & ActOptions,
    options?: ActOptions,
  ): Promise<PlanView>;
  dispatch(id: string, request: RevocationConfirmation & ActOptions, options?: ActOptions): Promise<StartedJob>;
  dispatch(
    id: string,
    request: DispatchAllRequest & ActOptions,
    options: ActOptions = {},
  ): Promise<PlanView | StartedJob> {
    const line = 'POST /v1/operator/processors/{id}/dispatch';
    return this.#gateway.act(line, { id }, request, options, 'plan' in request);
  }

  /** Stops sending work to a processor until an operator resumes it. `revision` is the one of its entry in `dispatch.list()`. */
  pause(id: string, request: ProcessorAction, options: ActOptions = {}): Promise<ProcessorDispatchView> {
    return this.#gateway.act('POST /v1/operator/processors/{id}/pause', { id }, request, options);
  }

  /** Sends work to a processor again. What is due is sent at once. */
  resume(id: string, request: ProcessorAction, options: ActOptions = {}): Promise<ProcessorDispatchView> {
    return this.#gateway.act('POST /v1/operator/processors/{id}/resume', { id }, request, options);
  }
}
