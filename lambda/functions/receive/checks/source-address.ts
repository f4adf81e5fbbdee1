import { BlockList, isIP } from 'node:net';

const FAMILY = { 4: 'ipv4', 6: 'ipv6' } as const;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Lists by their ranges: a processor's entry stays the same object for the life of a process. */
const lists = new WeakMap<readonly string[], BlockList>();

const listOf = (ranges: readonly string[]): BlockList => {
  const known = lists.get(ranges);
  if (known) return known;
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    const family = FAMILY[isIP(network) as 4 | 6];
    list.addSubnet(network, Number(prefix), family);
  }
  lists.set(ranges, list);
  return list;
};

/** Whether an address is in one of the CIDR ranges. No address is in none. */
export const isInRanges = (address: string, ranges: readonly string[]): boolean => {
  const plain = MAPPED_IPV4.exec(address)?.[1] ?? address;
  const version = isIP(plain);
  return version !== 0 && listOf(ranges).check(plain, FAMILY[version as 4 | 6]);
};
