import type { Registry } from '../../lambda/contract/registry.ts';

/**
 * Addresses that processors call from. Only the receiver knows which processor a callback belongs to, so other addresses can be
 * blocked before it only if every processor has a list. The receiver compares each caller with its own processor's list.
 * @returns undefined if a processor may call from any address
 */
export const callbackSources = (registry: Registry): readonly string[] | undefined => {
  const ranges = Object.values(registry).map(({ sourceRanges }) => sourceRanges);
  if (ranges.some((each) => each === undefined)) return undefined;
  return [...new Set(ranges.flatMap((each) => each ?? []))];
};
