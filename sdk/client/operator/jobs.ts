import type { JobView, ReasonRequest } from '../../../lambda/contract/operator-api.ts';
import type { ActOptions, CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';

/** Jobs that revoke the callbacks of many tasks. */
export class Jobs {
  static readonly name = 'Jobs';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  get(id: string, options: CallOptions = {}): Promise<JobView> {
    return this.#gateway.call('GET /v1/operator/jobs/{id}', { ...options, path: { id } });
  }

  /** Aborts a job. A finished one stays `done`. */
  abort(id: string, request: ReasonRequest & ActOptions, options: ActOptions = {}): Promise<JobView> {
    return this.#gateway.act('POST /v1/operator/jobs/{id}/abort', { id }, request, options, true);
  }
}
