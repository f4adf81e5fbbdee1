import type { DispatchMessage, DispatchSettings, JsonValue } from '../../contract/dispatch.ts';

/* What the function `dispatch` needs from others. */

/** What an attempt tells about its processor. */
export type AttemptReport =
  /** Any answer, except those below. */
  | 'answered'
  /** No connection, no answer in time, or an answer of 5xx. Also 401, 403 and 407, which every task of the processor gets. */
  | 'unreachable'
  /** The processor answered 410: it wants no more work. */
  | 'gone'
  /** The attempt was not made. */
  | 'unused';

/** Whether an attempt may be made now. */
export type Admittance =
  | {
      readonly isAdmitted: true;
      /** Tells what came of the attempt. Never rejects. */
      readonly report: (outcome: AttemptReport) => Promise<void>;
    }
  /** An operator, or Postern itself, paused the processor. Nobody knows until when. */
  | { readonly isAdmitted: false; readonly kind: 'paused' }
  /** Milliseconds since 1970: the earliest time of the next attempt. */
  | {
      readonly isAdmitted: false;
      readonly kind: 'open' | 'rate';
      readonly until: number;
      /**
       * Many tasks wait. This one may begin at any time within this after `until`, and needs no message: the sweep finds it.
       * Milliseconds.
       */
      readonly spread?: number;
    };

/** Breaker, pause and rate of each processor. */
export interface Admission {
  /** @throws if the table is unavailable */
  admit(processor: string, settings: DispatchSettings, taskId: string): Promise<Admittance>;
}

/** Credentials of a request to a processor. */
export interface RequestCredentials {
  /** Texts of secrets by name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Access token of `auth`. */
  readonly accessToken?: string;
}

export interface Credentials {
  /**
   * Returns the secrets of a processor, and an access token if its requests need one.
   * @param timeoutMilliseconds longest time for the token endpoint
   * @throws if Secrets Manager or the token endpoint fails; the error has no secret
   */
  resolve(settings: DispatchSettings, timeoutMilliseconds: number): Promise<RequestCredentials>;
  /** Forgets them: the processor refused them. */
  drop(settings: DispatchSettings): void;
}

/** The queues of the processors. */
export interface AttemptQueues {
  /**
   * Sends a message to the queue of a processor. A message that is lost delays its task, and does not lose it.
   * @throws if the queue is unavailable
   */
  send(processor: string, message: DispatchMessage, delaySeconds: number): Promise<void>;
}

/** The inputs of tasks. */
export interface Inputs {
  /** Returns the input of a task; undefined if there is none. @throws if the table is unavailable */
  find(taskId: string): Promise<{ readonly value: JsonValue } | undefined>;
}
