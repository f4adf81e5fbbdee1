/** Timeouts, attempts and caches of the calls that Postern makes to AWS and to identity providers. */

/** Limits of a request for another party's keys. The size is the load balancer's limit for a JWKS. */
export const KEY_FETCH = { timeoutMilliseconds: 3_000, maxBytes: 153_600 } as const;

/** The cache of the identity provider's keys. */
export const IDENTITY_PROVIDER_KEYS = {
  /** A key that the provider has withdrawn is trusted for at most this time. */
  cacheMilliseconds: 600_000,
  /**
   * An unknown `kid` starts at most one request in this time. Otherwise a caller could make the gateway send any number of
   * requests (RFC 8725 §3.10).
   */
  cooldownMilliseconds: 30_000,
} as const;

/** Retries of a write that conflicts with other transactions. The wait doubles from the first to the longest. */
export const CONFLICT_RETRIES = {
  attempts: 10,
  firstWaitMilliseconds: 10,
  longestWaitMilliseconds: 200,
  /** No attempt begins later than this, so that the function can respond within its timeout. */
  lastAttemptAfterMilliseconds: 4_000,
} as const;

/**
 * Retries of a change that depends on what was read, when another request has changed the item since. The wait is random,
 * and its upper bound doubles from the first to the longest.
 */
export const RACE_RETRIES = {
  firstWaitMilliseconds: 10,
  longestWaitMilliseconds: 200,
  /** No attempt begins later than this, so that the function can respond within its timeout. */
  lastAttemptAfterMilliseconds: 6_000,
} as const;

/** Time limits and attempts of one call to AWS. */
export interface CallLimits {
  readonly attempts: number;
  readonly connectionTimeoutMilliseconds: number;
  readonly requestTimeoutMilliseconds: number;
}

export const AWS_CALLS = {
  attempts: 3,
  connectionTimeoutMilliseconds: 500,
  requestTimeoutMilliseconds: 1_000,
} as const satisfies CallLimits;

/**
 * Calls to DynamoDB have one more attempt, as in the standard mode of the AWS SDKs. Four attempts of one second and the
 * waits between them take at most 4.2 s after timeouts and 11 s after throttling. Functions with a waiting client have 15 s.
 *
 * `TransactionInProgressException` may last longer: DynamoDB's API reference recommends an attempt five seconds after the
 * first. The callback gets 503 before that, and the processor sends it again with the same token.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export const DYNAMODB_CALLS = { ...AWS_CALLS, attempts: 4 } as const satisfies CallLimits;

/**
 * Retries of the receiver's calls to AWS: the waits, errors and budget of the standard mode of the AWS SDKs. The wait before
 * attempt n + 1 is random, up to `base × 2^(n − 1)`.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export const AWS_RETRIES = {
  baseMilliseconds: { dynamodb: 25, kms: 50, monitoring: 50 },
  throttlingBaseMilliseconds: 1_000,
  longestWaitMilliseconds: 20_000,
  /** A service may ask for a longer wait than ours, at most by this much. */
  longestHintMilliseconds: 5_000,
  /** A retry costs tokens of this budget, and a success returns them. So clients do not overload a service that is down. */
  budget: 500,
  cost: { transient: 14, throttling: 5 },
} as const;

/** With at least this difference to the service's clock, a refused request is signed again with the service's time. */
export const CLOCK_SKEW_MILLISECONDS = 240_000;

/** Most connections that are kept open to one service. */
export const MAX_CONNECTIONS = 50;

/** The cache of processors' secrets. */
export const SECRET_CACHE_SECONDS = {
  /** After this time the secret is fetched again. */
  fresh: 300,
  /** For this time the secret is still used if it cannot be fetched. */
  stale: 3_600,
} as const;
