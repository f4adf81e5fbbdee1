import { DISPATCH_LEASE_MARGIN_SECONDS } from '../../lambda/contract/dispatch-limits.ts';
import { dispatchedProcessors } from './dispatch.ts';
import type { Environment } from './environment.ts';

/** True if the environment sends work to a processor. */
export const sendsWork = ({ registry }: Pick<Environment, 'registry'>): boolean =>
  dispatchedProcessors(registry).length > 0;

/** Seconds for which an attempt holds its task: the longest time-out of the environment, and a margin. */
export const leaseSecondsOf = ({ registry }: Pick<Environment, 'registry'>): number =>
  Math.max(...dispatchedProcessors(registry).map(({ settings }) => settings.timeout)) + DISPATCH_LEASE_MARGIN_SECONDS;

/** True if the dispatcher makes short codes: a processor that work is sent to can have them. */
export const dispatchesShortCodes = ({ registry }: Pick<Environment, 'registry'>): boolean =>
  Object.values(registry).some(({ carriers, dispatch }) => dispatch !== undefined && carriers.includes('short'));
