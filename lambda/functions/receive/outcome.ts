import { OUTCOMES } from '../../contract/outcomes.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import type { Measurement } from '../../shared/log/logger.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';

/** A callback that was stored, or that repeats one that was. */
export interface CallbackReply extends HandlerResult {
  readonly processor: string;
  readonly acknowledged: boolean;
}

/** A callback that was not. */
export interface CallbackRefusal extends Refusal {
  /** Known once the token is verified. */
  readonly processor?: string;
  /** First use of a token after its time, or on a task that was closed or cancelled in the meantime. */
  readonly late?: boolean;
  /** What it brought may be kept in quarantine. */
  readonly keep?: boolean;
  /** What it brought was kept. */
  readonly kept?: boolean;
}

/** A refusal of a callback whose token was verified: it says whose it was. */
export const refusalOf = (
  { processor, taskId }: { readonly processor: { readonly id: string }; readonly taskId: string },
  refusal: CallbackRefusal,
): CallbackRefusal => ({
  ...refusal,
  processor: processor.id,
  fields: { ...refusal.fields, taskId, processor: processor.id },
});

/** What a callback's ending counts as: exactly one outcome, and its latency. */
export const measureCallback = (
  ending: CallbackReply | CallbackRefusal,
  milliseconds: number,
): readonly Measurement[] => [
  ...(isRefusal(ending) ? measureRefusal(ending) : [measureReply(ending)]),
  ...(isRefusal(ending) && ending.kept ? [{ metric: 'TaskQuarantined' as const, value: 1 }] : []),
  { metric: 'CallbackLatency', value: milliseconds },
];

const measureReply = ({ acknowledged, processor }: CallbackReply): Measurement => ({
  metric: acknowledged ? 'CallbackAcknowledged' : 'CallbackAccepted',
  value: 1,
  by: processor,
});

const measureRefusal = ({ code, processor, late }: CallbackRefusal): readonly Measurement[] => {
  const { metric } = OUTCOMES[code];
  switch (metric) {
    case null:
      return [];
    case 'ReplayDetected':
      return [{ metric, value: 1, ...(processor !== undefined && { by: processor }) }];
    case 'TokenRefused':
      // A late first use is not the sign of an attack that refused tokens are.
      return late ? [{ metric: 'CallbackLate', value: 1 }] : [{ metric, value: 1, by: code }];
    case 'CallbackRefused':
      return [{ metric, value: 1, by: code }, ...(late ? [{ metric: 'CallbackLate' as const, value: 1 }] : [])];
    default:
      return [{ metric, value: 1 }];
  }
};
