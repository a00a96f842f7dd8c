/** Addresses and ports as the kernel prints them in the socket tables: what rows are found by. */
import { parseIp } from "../../../lib/ip.ts";
import { encodeHexIp } from "../../../lib/procfs/hex_address.ts";

/** The files below /proc/PID/net that list the sockets of a protocol, by address family. */
export interface TableNames {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** A row that may be the wanted socket. */
export interface RowKey {
  /** Below /proc/PID/net. */
  readonly file: string;
  /** As in `NetRow.key`. */
  readonly key: string;
}

/** What a socket knows of the flow. */
export interface SocketEnds {
  readonly localIp: string;
  readonly localPort: number;
  readonly remoteIp: string;
  readonly remotePort: number;
}

/** Addresses that are remembered, at most; then all are forgotten. */
const CACHE_SIZE = 4096;
/** What an IPv4-mapped IPv6 address begins with. */
const MAPPED = "0000000000000000FFFF0000";
const ANY_IPV4 = "00000000";
const ANY_IPV6 = ANY_IPV4.repeat(4);
const NO_PEER_IPV4 = ` ${ANY_IPV4}:0000`;
const NO_PEER_IPV6 = ` ${ANY_IPV6}:0000`;

const addresses = new Map<string, string>();

function hexIp(ip: string): string {
  let hex = addresses.get(ip);
  if (hex === undefined) {
    const bytes = parseIp(ip);
    hex = bytes === undefined ? "" : encodeHexIp(bytes);
    if (addresses.size >= CACHE_SIZE) addresses.clear();
    addresses.set(ip, hex);
  }
  return hex;
}

function hexPort(port: number): string {
  return ":" + (0x10000 + port).toString(16).slice(1).toUpperCase();
}

/**
 * The rows of a socket that is connected to the peer: in the table of its own address family and, for
 * IPv4, in that of IPv6, where a dual-stack socket has mapped addresses.
 */
export function connectedKeys({ ipv4, ipv6 }: TableNames, ends: SocketEnds): RowKey[] {
  const local = hexIp(ends.localIp) + hexPort(ends.localPort);
  const remote = hexIp(ends.remoteIp) + hexPort(ends.remotePort);
  const key = `${local} ${remote}`;
  return local.length > 13 ? [{ file: ipv6, key }] : [
    { file: ipv4, key },
    { file: ipv6, key: `${MAPPED}${local} ${MAPPED}${remote}` },
  ];
}

/**
 * The rows of a socket that is bound and has no peer, the best first: bound to the address before bound
 * to any, IPv4 before the dual-stack socket of IPv6.
 */
export function boundKeys({ ipv4, ipv6 }: TableNames, ip: string, port: number): RowKey[] {
  const local = hexIp(ip);
  const suffix = hexPort(port);
  return local.length > 8
    ? [
      { file: ipv6, key: `${local}${suffix}${NO_PEER_IPV6}` },
      { file: ipv6, key: `${ANY_IPV6}${suffix}${NO_PEER_IPV6}` },
    ]
    : [
      { file: ipv4, key: `${local}${suffix}${NO_PEER_IPV4}` },
      { file: ipv6, key: `${MAPPED}${local}${suffix}${NO_PEER_IPV6}` },
      { file: ipv4, key: `${ANY_IPV4}${suffix}${NO_PEER_IPV4}` },
      { file: ipv6, key: `${ANY_IPV6}${suffix}${NO_PEER_IPV6}` },
    ];
}

/**
 * The rows of raw and ping sockets that can be the flow's: bound to the address or to any, connected to
 * the peer or to none.
 *
 * @param port Protocol number of a raw socket, echo identifier of a ping socket.
 */
export function rawKeys(
  { ipv4, ipv6 }: TableNames,
  localIp: string,
  remoteIp: string,
  port: number,
): RowKey[] {
  const local = hexIp(localIp);
  const any = local.length > 8 ? ANY_IPV6 : ANY_IPV4;
  const file = local.length > 8 ? ipv6 : ipv4;
  const suffix = hexPort(port);
  const keys: RowKey[] = [];
  for (const remote of [hexIp(remoteIp), any]) {
    for (const ip of [local, any]) keys.push({ file, key: `${ip}${suffix} ${remote}:0000` });
  }
  return keys;
}
