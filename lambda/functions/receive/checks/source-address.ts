import { BlockList, isIP } from 'node:net';
import { type Refusal, refuse } from '../../../shared/refusal.ts';
import type { AuthenticatedCallback } from '../authenticated-callback.ts';

const FAMILY = { 4: 'ipv4', 6: 'ipv6' } as const;

/** Step 7: the source address is in one of the processor's ranges, if it has any. */
export const checkSource = ({
  processor: { sourceRanges },
  request,
}: Pick<AuthenticatedCallback, 'processor' | 'request'>): Refusal | undefined =>
  sourceRanges === undefined || isInRanges(request.sourceAddress, sourceRanges)
    ? undefined
    : refuse('source_refused', 'the address is in none of the processor’s ranges');

/** Block lists by their ranges. A processor's entry stays the same object for the life of a process. */
const lists = new WeakMap<readonly string[], BlockList>();

const listOf = (ranges: readonly string[]): BlockList => {
  const cached = lists.get(ranges);
  if (cached) return cached;
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), FAMILY[isIP(network) as 4 | 6]);
  }
  lists.set(ranges, list);
  return list;
};

/**
 * True if an address is in one of the CIDR ranges; false for text that is not an address. An IPv4 address in IPv6 notation is
 * compared with IPv4 ranges (https://nodejs.org/api/net.html#blocklistcheckaddress-type).
 */
export const isInRanges = (address: string, ranges: readonly string[]): boolean => {
  const version = isIP(address);
  return version !== 0 && listOf(ranges).check(address, FAMILY[version as 4 | 6]);
};
