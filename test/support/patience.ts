import { DYNAMODB_CALLS } from '../../lambda/contract/call-limits.ts';

/**
 * How clients wait in tests. A machine that is busy with other work answers late, and no test may fail because of that. So
 * only tests of a dependency that never answers use the functions' own time limits (1 second a request).
 */
const MINUTES = 300_000;

/** The limits of a client of the receiver's own, with more time. */
export const PATIENT_CALLS = {
  ...DYNAMODB_CALLS,
  connectionTimeoutMilliseconds: MINUTES,
  requestTimeoutMilliseconds: MINUTES,
} as const;

/** The configuration of a client of the SDK, with more time. */
export const patiently = <C extends object>(configuration: C) => ({
  ...configuration,
  requestHandler: { connectionTimeout: MINUTES, requestTimeout: MINUTES, throwOnRequestTimeout: true },
});

/** For `vi.waitFor` and `expect.poll`: ends a wait for what never comes, and says nothing about how long it may take. */
export const EVENTUALLY = { timeout: MINUTES, interval: 20 } as const;
