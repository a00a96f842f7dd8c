/**
 * Addresses as the kernel prints them in /proc/net: each 32-bit word of the address, which is in
 * network byte order, as an integer of the host (`%08X` in net/ipv4/tcp_ipv4.c, net/ipv6/tcp_ipv6.c).
 * So 127.0.0.1 is `0100007F` on a little-endian host.
 *
 * Big-endian hosts print `7F000001`. They are left out on purpose: there is no Deno for any of them,
 * so nothing here could be tested. {@linkcode hostIsLittleEndian} tells.
 */
import { formatIpv4, formatIpv6 } from "../ip.ts";

/** An address in text. */
export interface DecodedIp {
  /** IPv4-mapped IPv6 is IPv4; IPv6 is as in RFC 5952. */
  readonly ip: string;
  readonly ipVersion: 4 | 6;
}

/** Whether this host prints addresses in the order that is decoded here. */
export function hostIsLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

/** Reverses the bytes of a 32-bit number. */
function swapBytes(n: number): number {
  return ((n << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24)) >>> 0;
}

function wordAt(hex: string, at: number): number {
  return swapBytes(parseInt(hex.slice(at, at + 8), 16));
}

/**
 * Decodes 8 (IPv4) or 32 (IPv6) hexadecimal digits.
 *
 * @throws RangeError when `hex` is anything else.
 */
export function decodeHexIp(hex: string): DecodedIp {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/.test(hex)) {
    throw new RangeError(`"${hex}" is not an address of /proc/net`);
  }
  if (hex.length === 8) return { ip: formatIpv4(wordAt(hex, 0)), ipVersion: 4 };
  const [a, b, c, d] = [wordAt(hex, 0), wordAt(hex, 8), wordAt(hex, 16), wordAt(hex, 24)];
  if (a === 0 && b === 0 && c === 0xffff) return { ip: formatIpv4(d), ipVersion: 4 };
  return { ip: formatIpv6(a, b, c, d), ipVersion: 6 };
}

/** The reverse of {@linkcode decodeHexIp}, for 4 or 16 bytes. */
export function encodeHexIp(bytes: Uint8Array): string {
  let hex = "";
  for (let word = 0; word < bytes.length; word += 4) {
    for (let i = word + 3; i >= word; i--) {
      hex += (256 + (bytes[i] ?? 0)).toString(16).slice(1).toUpperCase();
    }
  }
  return hex;
}
