import ipaddr from 'ipaddr.js';

/** Where this environment may call to: addresses of the internet, or this machine alone. */
export type Egress = 'public' | 'loopback';

const GIVEN_OUT: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Whether an address may be connected to. Of the internet are only those that nobody has set aside: no private, loopback,
 * link-local, carrier's or documentation's address, and none that hides an IPv4 address inside (RFC 6890). An IPv4 address that
 * is written as IPv6 counts as what it is. IPv6 has given out no others than those of 2000::/3 (RFC 4291 §2.4).
 */
export const mayConnectTo = (address: string, egress: Egress): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (egress === 'loopback') return range === 'loopback';
  return range === 'unicast' && (parsed instanceof ipaddr.IPv4 || parsed.match(GIVEN_OUT));
};
