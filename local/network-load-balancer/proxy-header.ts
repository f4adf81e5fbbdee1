import { isIPv4 } from 'node:net';

/** The two ends of a connection. */
export interface ConnectionEnds {
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Version 2, command PROXY. */
const VERSION_AND_COMMAND = 0x21;
/** TCP over IPv4, TCP over IPv6. */
const FAMILIES = { ipv4: 0x11, ipv6: 0x21 } as const;
/** `PP2_TYPE_NOOP`: a Network Load Balancer pads its header with it. */
const PADDING = Buffer.from('04000400000000', 'hex');

/**
 * Header of the PROXY protocol, version 2, with which a Network Load Balancer begins each connection to a target.
 * https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt (2.2)
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#proxy-protocol
 */
export const proxyHeader = (ends: ConnectionEnds): Buffer => {
  const isOld = isIPv4(ends.sourceAddress) && isIPv4(ends.destinationAddress);
  const bytesOf = isOld ? ipv4Bytes : ipv6Bytes;
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(ends.sourcePort, 0);
  ports.writeUInt16BE(ends.destinationPort, 2);
  const content = Buffer.concat([bytesOf(ends.sourceAddress), bytesOf(ends.destinationAddress), ports, PADDING]);
  const start = Buffer.from([VERSION_AND_COMMAND, isOld ? FAMILIES.ipv4 : FAMILIES.ipv6, 0, content.length]);
  return Buffer.concat([SIGNATURE, start, content]);
};

const ipv4Bytes = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

/** An IPv4 address becomes a mapped one (RFC 4291 §2.5.5.2). */
const ipv6Bytes = (address: string): Buffer => {
  if (isIPv4(address)) return Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), ipv4Bytes(address)]);
  // The parser of URLs writes every form of an address in one way, without an IPv4 address at its end.
  const { hostname } = new URL(`http://[${address}]`);
  const [left = '', right] = hostname.slice(1, -1).split('::');
  const before = groupsOf(left);
  const after = right === undefined ? [] : groupsOf(right);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Buffer.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
};

const groupsOf = (text: string): readonly number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
