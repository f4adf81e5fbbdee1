import type { Capability } from './capabilities.ts';

/* Dispatch: Postern sends the work to the processor. Nobody but the dispatcher and the processor ever has the callback URL. */

/**
 * - `queued`: an attempt will be made
 * - `accepted`: the processor has the work
 * - `failed`: no attempt follows, see `reason`
 * - `stopped`: the task ended, or its callbacks were revoked, before the processor accepted the work; see `reason`
 */
export const DISPATCH_STATES = ['queued', 'accepted', 'failed', 'stopped'] as const;
export type DispatchState = (typeof DISPATCH_STATES)[number];

/** Reasons for which no attempt follows. */
export const DISPATCH_FAILURES = [
  /** The processor answered with a status that ends the attempts. */
  'Refused',
  /** Every attempt failed. */
  'AttemptsUsed',
  /** A further attempt would leave the processor less than `leastTime`. */
  'NoTimeLeft',
  /** The template of the processor does not fit the values of the task any more. */
  'TemplateInvalid',
  /** The environment has no such processor any more, or does not send to it. */
  'ProcessorUnknown',
  /** The name of the processor leads to an address that must not be called. */
  'AddressRefused',
] as const;
export type DispatchFailure = (typeof DISPATCH_FAILURES)[number];

/** Reasons for which the work is not sent any more. */
export const DISPATCH_STOPS = [
  'Cancelled',
  'Expired',
  /** A later task has taken its place. */
  'Superseded',
  /** An operator revoked its callbacks. */
  'Revoked',
  /** The task was closed without an attempt. */
  'Settled',
] as const;
export type DispatchStop = (typeof DISPATCH_STOPS)[number];

/** The processor refused a job that it may have got by an earlier attempt, which had no answer. The job counts as accepted. */
export const ANSWER_UNKNOWN = 'AnswerUnknown';

/**
 * Statuses by which a processor says that it has the job already. They end the attempts, unless an attempt had no answer: then they
 * mean that this attempt has reached it.
 */
export const DISPATCH_TOLERATED_CONFLICTS: readonly number[] = [409, 422];

export type DispatchReason = DispatchFailure | DispatchStop | typeof ANSWER_UNKNOWN;

/** The dispatch of a task, as views show it. Times are RFC 3339. */
export interface DispatchView {
  readonly state: DispatchState;
  /** Attempts that were made. */
  readonly attempts: number;
  readonly lastAttemptAt?: string;
  /** Status of the last answer. Absent if the last attempt had none. */
  readonly lastStatus?: number;
  readonly acceptedAt?: string;
  /** Id of the job at the processor. */
  readonly remoteId?: string;
  readonly reason?: DispatchReason;
}

/** The dispatch, as the task stores it. */
export interface StoredDispatch extends DispatchView {
  /** 1 for the first callbacks of the task. Each new issue of callbacks raises it by one. */
  readonly issue: number;
  /** Value of `attempts` when this issue began. Absent: 0. */
  readonly attemptsBefore?: number;
  /** Attempts of this issue that count towards the waits of the processor's entry. */
  readonly used: number;
  /** Attempts of this issue that do not count: answers 429 with `Retry-After`. Absent: 0. */
  readonly uncounted?: number;
  /** Seconds since 1970: until then, one attempt is under way. */
  readonly lease?: number;
  /** True if an attempt of this issue had no answer: the processor may have the work. */
  readonly isUncertain?: true;
  /** The key that signed the callbacks of the last attempt. After an attempt without an answer, it stays the key of that one. */
  readonly kid?: string;
}

/** Part of the event of a dispatch, and of the event of a task that failed by it. */
export type DispatchDetail = Pick<DispatchView, 'attempts' | 'remoteId' | 'lastStatus' | 'reason'>;

/** A message of a processor's queue. Only a hint: the task itself says what is to be done. */
export interface DispatchMessage {
  readonly taskId: string;
  readonly issue: number;
  /** Number of the attempt: `attempts` of the task, plus one. */
  readonly attempt: number;
}

/** An event of the function `dispatch` that does not come from a queue: send hints for what is due. */
export interface SweepRequest {
  readonly sweep: true;
  /** Only this processor, and all that is due now. @default every processor, and only what is overdue */
  readonly processor?: string;
}

/** The value of a secret, in a text: `{}` stands for it. */
export interface SecretHeader {
  /** Name of the secret in Secrets Manager. */
  readonly secret: string;
  readonly format: string;
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export const DISPATCH_METHODS = ['POST', 'PUT', 'PATCH'] as const;
export type DispatchMethod = (typeof DISPATCH_METHODS)[number];

/** Signatures of requests to processors. */
export type DispatchSignature =
  | { readonly kind: 'standard_webhooks'; readonly secretName: string }
  /** With the key that signs callback tokens. Its public half is in the JWKS. */
  | { readonly kind: 'http_signature' };

/** An access token that requests to the processor carry (RFC 6749 §4.4). */
export interface DispatchAuthorization {
  readonly kind: 'client_credentials';
  readonly tokenEndpoint: string;
  readonly clientId: string;
  /** Name of the secret in Secrets Manager that holds the client's secret. */
  readonly secretName: string;
  readonly scope?: string;
}

export const ON_FAILURE = ['fail', 'keep'] as const;

/** How work is sent to a processor, with all defaults filled in. Durations are whole seconds. */
export interface DispatchSettings {
  readonly url: string;
  readonly method: DispatchMethod;
  readonly timeout: number;
  readonly headers: Readonly<Record<string, string | SecretHeader>>;
  /** Values of the query that are added to the URL, by name. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: JsonValue;
  readonly auth?: DispatchAuthorization;
  readonly sign?: DispatchSignature;
  /** Statuses with which the processor accepts the work. */
  readonly accept: readonly number[];
  /** JSON pointer to the id of the job, in a JSON answer. */
  readonly remoteId?: string;
  readonly retry: { readonly delays: readonly number[]; readonly leastTime: number };
  readonly concurrency: number;
  /** Attempts a second. @default only `concurrency` limits them */
  readonly ratePerSecond?: number;
  readonly breaker: {
    readonly window: number;
    readonly minimum: number;
    readonly failureRate: number;
    readonly pause: number;
    /** Failed attempts must be of at least this number of tasks. */
    readonly tasks: number;
  };
  /** `fail`: the task fails when its dispatch fails. `keep`: it stays pending until it expires. */
  readonly onFailure: (typeof ON_FAILURE)[number];
}

/** Placeholders of templates, without those of callbacks. */
export const PLACEHOLDERS = ['taskId', 'application', 'processor', 'resource', 'owner', 'input', 'expiresAt'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number] | `callbacks.${Capability}.${'url' | 'token'}`;
