import type { ReasonRequest, SigningKeyView } from '../../../lambda/contract/operator-api.ts';
import type { ActOptions, CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';

/** The keys that sign callback tokens. */
export class SigningKeys {
  static readonly name = 'SigningKeys';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Lists keys, the newest first. */
  async list(options: CallOptions = {}): Promise<readonly SigningKeyView[]> {
    return (await this.#gateway.call('GET /v1/operator/keys', { ...options, path: {} })).keys;
  }

  /** Retires a key: the next one signs at once, and the tokens of the retired one are refused. */
  retire(kid: string, request: ReasonRequest & ActOptions, options: ActOptions = {}): Promise<SigningKeyView> {
    return this.#gateway.act('POST /v1/operator/keys/{kid}/retire', { kid }, request, options, true);
  }
}
