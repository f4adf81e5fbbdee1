import type {
  DeadLetterQueueView,
  RedriveLettersRequest,
  StartedRedrive,
} from '../../../lambda/contract/operator-api.ts';
import type { ActOptions, CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';

/** Work that the gateway could not do. */
export class DeadLetters {
  static readonly name = 'DeadLetters';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Lists the queues with their oldest letters. */
  async list(options: CallOptions = {}): Promise<readonly DeadLetterQueueView[]> {
    return (await this.#gateway.call('GET /v1/operator/dead-letters', { ...options, path: {} })).queues;
  }

  /** Does the work of one letter, or of all letters of a queue, again. */
  redrive(
    queue: string,
    request: RedriveLettersRequest & ActOptions,
    options: ActOptions = {},
  ): Promise<StartedRedrive> {
    return this.#gateway.act('POST /v1/operator/dead-letters/{queue}/redrive', { queue }, request, options);
  }
}
