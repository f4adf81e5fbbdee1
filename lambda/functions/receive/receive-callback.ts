import type { HttpRequest } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { Policy } from '../../shared/policy/policy.ts';
import { isRefusal } from '../../shared/refusal.ts';
import { askPolicy, checkDecision } from './checks/ask-policy.ts';
import { type AuthenticateOptions, createAuthenticate } from './checks/authenticate.ts';
import type { Schemas } from './checks/json-schema.ts';
import { createProofCheck, type LoadProofVerifier } from './checks/proof/check-proof.ts';
import { readDelivery } from './checks/read-delivery.ts';
import { checkSource } from './checks/source-address.ts';
import { asExpired, type CallbackRefusal, type CallbackResult, refuseCallback } from './outcome.ts';
import { createRespond, type RespondOptions } from './respond.ts';
import { createRecordUse, type RecordUseOptions } from './store/record-use.ts';

export interface ReceiverOptions extends AuthenticateOptions, RecordUseOptions, RespondOptions {
  readonly store: RecordUseOptions['store'];
  readonly loadProofVerifier: LoadProofVerifier;
  /** Creates the policies at the first callback that needs them. `null` for an environment without policies. */
  readonly policy: (() => Policy) | null;
  /** Loads the compiled schemas at the first delivery that needs one. */
  readonly schemas: () => Schemas;
}

export type ReceiveCallback = (request: HttpRequest, match: Match) => Promise<CallbackResult | CallbackRefusal>;

/**
 * Creates the pipeline of a callback. The cheapest check comes first and the first failure decides. No table is read or
 * written before every check has passed, except for the look-up of a short code and for records of a proof.
 */
export const createReceiver = (options: ReceiverOptions): ReceiveCallback => {
  const { policy, schemas } = options;
  const authenticate = createAuthenticate(options);
  const verifyProof = createProofCheck(options.loadProofVerifier);
  const recordUse = createRecordUse(options);
  const respond = createRespond(options);

  return async (request, match) => {
    // Steps 1 to 6: the form of the request, and its token.
    const callback = await authenticate(request, match);
    if (isRefusal(callback)) return callback;

    // Step 7: the proof.
    const proof = await verifyProof(callback);
    if (isRefusal(proof)) return refuseCallback(callback, asExpired(callback, proof));

    // Steps 7 to 9: source address, policies, payload. The policies are asked first, so that the log line of each refusal
    // has their decision. The order of the answers is the order of the steps.
    const decision = askPolicy(policy, callback);
    const delivery = checkSource(callback) ?? checkDecision(decision) ?? readDelivery(callback, schemas);
    if (isRefusal(delivery)) return refuseCallback(callback, asExpired(callback, delivery), decision);

    // Step 10: the use of the token and the change of the task, together or not at all.
    const use = await recordUse(callback, delivery, proof);
    return isRefusal(use) ? refuseCallback(callback, use, decision) : respond(callback, delivery, use, proof, decision);
  };
};
