import { expect, test } from 'vitest';
import { proxyHeader } from '../../../local/network-load-balancer/proxy-header.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const PADDING = '04000400000000';

test('an IPv4 connection has both addresses and ports, in the bytes of version 2', () => {
  const header = proxyHeader({
    sourceAddress: '198.51.100.7',
    sourcePort: 50_000,
    destinationAddress: '127.0.0.1',
    destinationPort: 443,
  });
  expect(header.toString('hex')).toBe(`${SIGNATURE}21110013${'c6336407'}${'7f000001'}${'c350'}${'01bb'}${PADDING}`);
});

test.for([
  ['::1', '00000000000000000000000000000001'],
  ['2001:db8::1:0:2', '20010db8000000000000000100000002'],
  ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
  ['::ffff:198.51.100.7', '00000000000000000000ffffc6336407'],
  ['198.51.100.7', '00000000000000000000ffffc6336407'],
] as const)('an IPv6 connection of %s has the 16 bytes of its address', ([address, bytes]) => {
  const header = proxyHeader({
    sourceAddress: address,
    sourcePort: 1,
    destinationAddress: '::1',
    destinationPort: 2,
  });
  expect(header.toString('hex')).toBe(
    `${SIGNATURE}2121002b${bytes}00000000000000000000000000000001${'0001'}${'0002'}${PADDING}`,
  );
});
