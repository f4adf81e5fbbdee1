import { AWS_CALLS, DYNAMODB_CALLS } from '../../contract/call-limits.ts';

/**
 * Timeouts and attempts of AWS clients in functions behind the load balancer. Three attempts take about 3 s, so that the
 * function can still answer 503. After the function's own timeout of 15 s the load balancer answers 502.
 */
export const CLIENT_CONFIGURATION = {
  maxAttempts: AWS_CALLS.attempts,
  // Without `throwOnRequestTimeout` the SDK only warns.
  requestHandler: {
    connectionTimeout: AWS_CALLS.connectionTimeoutMilliseconds,
    requestTimeout: AWS_CALLS.requestTimeoutMilliseconds,
    throwOnRequestTimeout: true,
  },
} as const;

/** The same for DynamoDB, with one more attempt. */
export const DYNAMODB_CONFIGURATION = { ...CLIENT_CONFIGURATION, maxAttempts: DYNAMODB_CALLS.attempts } as const;
