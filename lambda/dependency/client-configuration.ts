/**
 * How the AWS clients of functions behind the load balancer wait: an answer of 503 in time is worth more than a late
 * one, and three attempts of the SDK fit into a function's time limit.
 */
export const CLIENT_CONFIGURATION = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_500, throwOnRequestTimeout: true },
} as const;
