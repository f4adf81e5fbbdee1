import { AWS_CALLS, DYNAMODB_CALLS } from '../../contract/limits.ts';

/**
 * How the AWS clients of functions behind the load balancer wait: a 503 in time is worth more than an answer that comes
 * when the function's own time is up (15 s, then the load balancer says 502). Three attempts take about 3 s.
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

/** The same for DynamoDB, which is asked once more. */
export const DYNAMODB_CONFIGURATION = { ...CLIENT_CONFIGURATION, maxAttempts: DYNAMODB_CALLS.attempts } as const;
