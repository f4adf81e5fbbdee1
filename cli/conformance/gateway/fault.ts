import type { Exchange, SentRequest } from './exchange.ts';

/**
 * An answer that a case plans. It replaces the answer to a delivery that the gateway would have recorded, so a wrong request
 * is refused as ever. `lost` records the delivery, and ends the connection without an answer.
 */
export type Fault =
  | { readonly kind: 'unavailable'; readonly retryAfter?: number }
  | { readonly kind: 'too-many'; readonly retryAfter: number }
  | { readonly kind: 'lost' }
  | { readonly kind: 'redirect' }
  | { readonly kind: 'refuse-type' }
  | { readonly kind: 'refuse-payload' };

/** Decides about the next request. @param played earlier exchanges whose answer was planned */
export type PlanAnswer = (request: SentRequest, played: readonly Exchange[]) => Fault | undefined;

/** Plays faults one after the other, on deliveries of results and failures. */
export const inOrder =
  (...faults: readonly Fault[]): PlanAnswer =>
  ({ place }, played) =>
    place === 'callback' ? faults[played.length] : undefined;

export const noFault: PlanAnswer = () => undefined;
