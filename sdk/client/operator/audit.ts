import type { AuditListQuery, AuditPage, AuditView } from '../../../lambda/contract/operator-api.ts';
import type { CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';
import { createListing, type Listing } from '../listing.ts';

/** What operators did, or tried to do. */
export class Audit {
  static readonly name = 'Audit';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Lists actions, newest first. */
  list(query: AuditListQuery & CallOptions = {}, options: CallOptions = {}): Listing<AuditView, AuditPage> {
    return createListing(this.#gateway, 'GET /v1/operator/audit', query, options, ({ audit }) => audit);
  }
}
