import type { ProcessorDispatchView } from '../../../lambda/contract/operator-api.ts';
import type { CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';

/** The processors that work is sent to. */
export class Dispatch {
  static readonly name = 'Dispatch';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Returns what waits for each processor, what failed, and whether it is paused. */
  async list(options: CallOptions = {}): Promise<readonly ProcessorDispatchView[]> {
    return (await this.#gateway.call('GET /v1/operator/dispatch', { ...options, path: {} })).processors;
  }
}
