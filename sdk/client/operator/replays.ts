import type { EvidenceListQuery, ReplayPage, ReplayView } from '../../../lambda/contract/operator-api.ts';
import type { CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';
import { createListing, type Listing } from '../listing.ts';

/** Tasks with replays. */
export class Replays {
  static readonly name = 'Replays';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Lists tasks with replays, each with its last replay. */
  list(query: EvidenceListQuery & CallOptions = {}, options: CallOptions = {}): Listing<ReplayView, ReplayPage> {
    return createListing(this.#gateway, 'GET /v1/operator/replays', query, options, ({ replays }) => replays);
  }
}
