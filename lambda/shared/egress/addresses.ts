import ipaddr from 'ipaddr.js';

/** Addresses that this environment may call: public ones, or only this machine. */
export type Egress = 'public' | 'loopback';

const ALLOCATED_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * True if a connection to an address is allowed. With `public`, all special-purpose addresses are refused: private, loopback,
 * link-local, carrier-grade NAT, documentation, and IPv6 addresses that contain an IPv4 address (RFC 6890). An IPv4-mapped
 * IPv6 address counts as its IPv4 address. Of IPv6, only 2000::/3 is allocated (RFC 4291 §2.4).
 */
export const mayConnectTo = (address: string, egress: Egress): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (egress === 'loopback') return range === 'loopback';
  return range === 'unicast' && (parsed instanceof ipaddr.IPv4 || parsed.match(ALLOCATED_IPV6));
};
