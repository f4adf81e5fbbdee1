import type {
  PlanView,
  ProcessorView,
  RevocationConfirmation,
  RevokeAllRequest,
  StartedJob,
} from '../../../lambda/contract/operator-api.ts';
import type { ActOptions, CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';

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
}
