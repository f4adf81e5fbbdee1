/**
 * How the AWS clients of functions behind the load balancer wait: a 503 in time is worth more than an answer that comes
 * when the function's own time is up (15 s, then the load balancer says 502). Three attempts take about 3 s.
 */
export const CLIENT_CONFIGURATION = {
  maxAttempts: 3,
  // Without `throwOnRequestTimeout` the SDK only warns.
  requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
} as const;
