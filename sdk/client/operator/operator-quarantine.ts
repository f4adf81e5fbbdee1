import type {
  EvidenceListQuery,
  OperatorActionRequest,
  OperatorTaskView,
  QuarantinePage,
} from '../../../lambda/contract/operator-api.ts';
import type { ActOptions, CallOptions } from '../call-options.ts';
import type { Gateway } from '../gateway.ts';
import { createListing, type Listing } from '../listing.ts';

/** An action on a task, with the options of its call. */
type Action = OperatorActionRequest & ActOptions;

/** The quarantine of every task. */
export class OperatorQuarantine {
  static readonly name = 'OperatorQuarantine';
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Lists deliveries in quarantine. */
  list(
    query: EvidenceListQuery & CallOptions = {},
    options: CallOptions = {},
  ): Listing<QuarantinePage['quarantine'][number], QuarantinePage> {
    return createListing(this.#gateway, 'GET /v1/operator/quarantine', query, options, ({ quarantine }) => quarantine);
  }

  /** Makes a delivery the result or failure of its expired task. */
  accept(taskId: string, id: string, request: Action, options: ActOptions = {}): Promise<OperatorTaskView> {
    const line = 'POST /v1/operator/tasks/{taskId}/quarantine/{id}/accept';
    return this.#gateway.act(line, { taskId, id }, request, options);
  }

  /** Deletes a delivery. */
  discard(taskId: string, id: string, request: Action, options: ActOptions = {}): Promise<OperatorTaskView> {
    const line = 'POST /v1/operator/tasks/{taskId}/quarantine/{id}/discard';
    return this.#gateway.act(line, { taskId, id }, request, options);
  }
}
