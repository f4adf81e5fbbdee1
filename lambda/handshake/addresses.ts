import ipaddr from 'ipaddr.js';

/** Where this environment may call to: addresses of the internet, or this machine alone. */
export type Egress = 'public' | 'loopback';

/**
 * Whether an address may be connected to. Of the internet are only those that nobody has set aside: no private, loopback,
 * link-local, carrier's or documentation's address, and none that hides an IPv4 address inside (RFC 6890). An IPv4 address that
 * is written as IPv6 counts as what it is.
 */
export const mayConnectTo = (address: string, egress: Egress): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const range = ipaddr.process(address).range();
  return egress === 'loopback' ? range === 'loopback' : range === 'unicast';
};

/** @throws {Error} for anything else: a typing error must not open what is closed */
export const readEgress = (value: string): Egress => {
  if (value === 'public' || value === 'loopback') return value;
  throw new Error(`Environment variable EGRESS is "${value}"; expected "public" or "loopback".`);
};
