/**
 * The hash of Community ID version 1 (https://github.com/corelight/community-id-spec): network sensors
 * write the same one for the same flow.
 */
import { Sha1Block } from "./sha1_block.ts";

const ICMP = 1;
const ICMPV6 = 58;

/** TCP, UDP and SCTP: of every other protocol but ICMP, the addresses alone are hashed. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 132]);

/** Which ICMP type answers which, both ways: echo, router solicitation, timestamp, information, mask. */
const ICMP_COUNTERPARTS = bothWays([[8, 0], [10, 9], [13, 14], [15, 16], [17, 18]]);

/**
 * The same of ICMPv6: echo, multicast listener query, router and neighbour solicitation, node information,
 * home agent address discovery.
 */
const ICMPV6_COUNTERPARTS = bothWays([
  [128, 129],
  [130, 131],
  [133, 134],
  [135, 136],
  [139, 140],
  [144, 145],
]);

/** What a sensor sees of a flow, from either end. */
export interface FlowTuple {
  /** IANA protocol number. */
  readonly protocol: number;
  /** 4 or 16 bytes, as `parseIp` of `lib/ip.ts` gives them: 4 also for an IPv4-mapped address. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** The type of ICMP and ICMPv6. What has no ports may have any here: they do not count. */
  readonly sourcePort?: number | undefined;
  /** The code of ICMP and ICMPv6; it does not count where the message has an answer. */
  readonly destinationPort?: number | undefined;
}

/** Seed, two addresses, protocol, a zero, two ports: big-endian, so long for IPv6. */
const message = new Uint8Array(40);
const HEAD = 4;
const PORTS = 4;
const ofIpv4 = message.subarray(0, HEAD + 2 * 4);
const ofIpv4Ports = message.subarray(0, HEAD + 2 * 4 + PORTS);
const ofIpv6 = message.subarray(0, HEAD + 2 * 16);
const ofIpv6Ports = message;

const digest = new Uint8Array(20);
const hash = new Sha1Block();

function bothWays(pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([a, b]) => [[a, b], [b, a]]));
}

/** Whether it is an integer that two bytes can hold. */
function isUint16(value: number | undefined): value is number {
  return value !== undefined && (value & 0xffff) === value;
}

/** Below 0 where `a` comes first; both have the same length. */
function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function putUint16(value: number, at: number): void {
  message[at] = value >>> 8;
  message[at + 1] = value;
}

function putAddress(address: Uint8Array, at: number): void {
  for (let i = 0; i < address.length; i++) message[at + i] = address[i] ?? 0;
}

/** Writes the message, the smaller end first unless the order is to stay; gives what was written. */
function write(
  { protocol, source, destination }: FlowTuple,
  seed: number,
  isOrdered: boolean,
  from?: number,
  to?: number,
): Uint8Array {
  const { length } = source;
  const order = isOrdered ? -1 : compare(source, destination) || (from ?? 0) - (to ?? 0);
  const at = 2 + 2 * length;
  putUint16(seed, 0);
  putAddress(order <= 0 ? source : destination, 2);
  putAddress(order <= 0 ? destination : source, 2 + length);
  message[at] = protocol;
  message[at + 1] = 0;
  if (from === undefined || to === undefined) return length === 4 ? ofIpv4 : ofIpv6;
  putUint16(order <= 0 ? from : to, at + 2);
  putUint16(order <= 0 ? to : from, at + 4);
  return length === 4 ? ofIpv4Ports : ofIpv6Ports;
}

/**
 * The type of the message of ICMP (1) or ICMPv6 (58) that answers one of that type, and the other way round;
 * undefined where none does. Zeek has it in place of a port, too (analyzer ICMP).
 */
export function icmpCounterpart(protocol: number | undefined, type: number): number | undefined {
  if (protocol === ICMP) return ICMP_COUNTERPARTS.get(type);
  return protocol === ICMPV6 ? ICMPV6_COUNTERPARTS.get(type) : undefined;
}

/** What is hashed; undefined where the specification says nothing of such a tuple. */
function messageOf(tuple: FlowTuple, seed: number): Uint8Array | undefined {
  const { protocol, source, destination, sourcePort, destinationPort } = tuple;
  const { length } = source;
  if (length !== destination.length || (length !== 4 && length !== 16)) return undefined;
  if ((protocol & 0xff) !== protocol) return undefined;
  const isIcmp = protocol === ICMP || protocol === ICMPV6;
  if (!isIcmp && !WITH_PORTS.has(protocol)) return write(tuple, seed, false);
  if (!isUint16(sourcePort)) return undefined;
  const counterpart = isIcmp ? icmpCounterpart(protocol, sourcePort) : undefined;
  const to = counterpart ?? destinationPort;
  if (!isUint16(to)) return undefined;
  return write(tuple, seed, isIcmp && counterpart === undefined, sourcePort, to);
}

/**
 * The SHA-1 of a flow, 20 bytes that are good until the next call. The same from either end, but for
 * ICMP messages that nothing answers. Undefined for addresses of different lengths, without the ports
 * of TCP, UDP and SCTP and the type and code of ICMP, and for numbers out of range.
 *
 * @param seed 0 to 65535: IDs of different seeds have nothing in common.
 */
export function communityIdDigest(tuple: FlowTuple, seed: number): Uint8Array | undefined {
  const bytes = messageOf(tuple, seed);
  if (bytes === undefined) return undefined;
  hash.digestOf(bytes, digest);
  return digest;
}
