import { CONFORMANCE_SECONDS, type ConformanceWait } from '../../lambda/contract/conformance.ts';

/** Times that the kit waits, in seconds. */
export type Waits = Readonly<Record<ConformanceWait, number>>;

export const DEFAULT_WAITS: Waits = {
  delivery: CONFORMANCE_SECONDS.delivery.default,
  retry: CONFORMANCE_SECONDS.retry.default,
  quiet: CONFORMANCE_SECONDS.quiet.default,
  retryAfter: CONFORMANCE_SECONDS.retryAfter.default,
};
