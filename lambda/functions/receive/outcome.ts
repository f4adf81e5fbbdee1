import { OUTCOMES } from '../../contract/outcomes.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import type { Measurement } from '../../shared/log/logger.ts';
import { type PolicyDecision, policyFields } from '../../shared/policy/policy.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import type { AuthenticatedCallback } from './authenticated-callback.ts';

/** An accepted callback: recorded now, or a repeat of a recorded one. */
export interface CallbackResult extends HandlerResult {
  readonly processor: string;
  readonly acknowledged: boolean;
}

export interface CallbackRefusal extends Refusal {
  /** Present once the token is verified. */
  readonly processor?: string;
  /** True for the first use of a token that came after its time, or after the task was closed or cancelled. */
  readonly late?: boolean;
  /** True if the payload may go to quarantine. */
  readonly quarantinable?: boolean;
  /** True if the payload is in quarantine. */
  readonly quarantined?: boolean;
}

/** Adds the processor, the task and the policies' decision to a refusal, for the log and the metrics. */
export const refuseCallback = (
  { processor, taskId }: AuthenticatedCallback,
  refusal: CallbackRefusal,
  decision?: PolicyDecision,
): CallbackRefusal => ({
  ...refusal,
  processor: processor.id,
  fields: { ...refusal.fields, ...(decision && policyFields(decision)), taskId, processor: processor.id },
});

/** Refuses an expired token as expired, even if something else is wrong with the callback, too. */
export const asExpired = ({ expired }: AuthenticatedCallback, refusal: Refusal): Refusal =>
  expired ? refuse('token_expired', `expired, and ${refusal.reason}`) : refusal;

/** Returns the measurements of a callback: its latency and exactly one outcome. */
export const measureCallback = (
  outcome: CallbackResult | CallbackRefusal,
  milliseconds: number,
): readonly Measurement[] => [
  ...(isRefusal(outcome) ? measureRefusal(outcome) : [measureResult(outcome)]),
  { metric: 'CallbackLatency', value: milliseconds },
];

const measureResult = ({ acknowledged, processor }: CallbackResult): Measurement => ({
  metric: acknowledged ? 'CallbackAcknowledged' : 'CallbackAccepted',
  value: 1,
  by: processor,
});

const measureRefusal = (refusal: CallbackRefusal): readonly Measurement[] => [
  ...measureCode(refusal),
  ...(refusal.quarantined ? [{ metric: 'TaskQuarantined' as const, value: 1 }] : []),
];

const measureCode = ({ code, late, processor }: CallbackRefusal): readonly Measurement[] => {
  const { metric } = OUTCOMES[code];
  switch (metric) {
    case null:
      return [];
    case 'ReplayDetected':
      return [{ metric, value: 1, ...(processor !== undefined && { by: processor }) }];
    case 'TokenRefused':
      // A late first use is not a sign of an attack, as refused tokens are.
      return late ? [{ metric: 'CallbackLate', value: 1 }] : [{ metric, value: 1, by: code }];
    case 'CallbackRefused':
      return [{ metric, value: 1, by: code }, ...(late ? [{ metric: 'CallbackLate' as const, value: 1 }] : [])];
    default:
      return [{ metric, value: 1 }];
  }
};
