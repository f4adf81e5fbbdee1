import type { Capability } from '../../../lambda/contract/capabilities.ts';
import type { OutcomeCode } from '../../../lambda/contract/outcomes.ts';

/** Where a request of a processor arrived. `astray`: at no URL that the processor was given. */
export type Place = 'callback' | 'object' | 'elsewhere' | 'astray';

/** A request of a processor, as it came. */
export interface SentRequest {
  readonly place: Place;
  /** Capability of the callback; undefined if neither path nor token names one. */
  readonly capability?: Capability;
  readonly method: string;
  /** Request target as sent: path and query. */
  readonly target: string;
  readonly host: string;
  /** Names in lower case, in the order of the lines. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /**
   * The body and its announced length. `short`: fewer bytes came than `Content-Length` says. `surplus`: more bytes followed.
   * `too-large`: more than the load balancer accepts; `body` is empty.
   */
  readonly length: 'exact' | 'short' | 'surplus' | 'too-large';
  /** Milliseconds of `Clock.elapsed`, at the head of the request. */
  readonly at: number;
}

/** The answer of the kit. */
export interface Answer {
  /** `undefined`: the connection ended without an answer. */
  readonly status?: number;
  readonly code?: OutcomeCode;
  /** What `detail` or `errors` said. */
  readonly detail?: string;
  /** True if the case planned this answer, and it is not the answer of a gateway to such a request. */
  readonly isPlanned: boolean;
  /** True if a recorded delivery was acknowledged again (`Idempotency-Replayed`). */
  readonly isRepeat: boolean;
  /** Seconds of `Retry-After`. */
  readonly retryAfter?: number;
  readonly hasNonce: boolean;
}

export interface Exchange extends SentRequest {
  readonly answer: Answer;
  /** Milliseconds of `Clock.elapsed`, when the answer was given, or the connection ended. */
  readonly answeredAt: number;
}

/** Every value of a header. @param name in lower case */
export const headerValues = ({ headers }: Pick<SentRequest, 'headers'>, name: string): readonly string[] =>
  headers.filter(([sent]) => sent === name).map(([, value]) => value);

export const isAccepted = ({ answer }: Exchange): boolean => answer.status !== undefined && answer.status < 300;
