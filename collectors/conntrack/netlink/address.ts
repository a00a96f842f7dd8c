/**
 * Text of addresses. A host talks to the same addresses again and again, and two comparisons are far
 * cheaper than making a text: the latest ones are remembered, each in the one place that its hash gives.
 */
import { formatIpv4, formatIpv6 } from "../../../lib/ip.ts";

const SLOT_BITS = 10;
const SLOTS = 2 ** SLOT_BITS;

const ipv4Keys = new Uint32Array(SLOTS);
const ipv4Texts: string[] = new Array(SLOTS).fill(formatIpv4(0));
const ipv6Keys = new Uint32Array(SLOTS * 4);
const ipv6Texts: string[] = new Array(SLOTS).fill(formatIpv6(0, 0, 0, 0));

/** Fibonacci hashing: the upper bits of the product depend on all bits of the number. */
function slotOf(number: number): number {
  return Math.imul(number, 0x9e3779b1) >>> (32 - SLOT_BITS);
}

/** As {@linkcode formatIpv4}. */
export function ipv4Text(n: number): string {
  const slot = slotOf(n);
  if (ipv4Keys[slot] !== n) {
    ipv4Keys[slot] = n;
    ipv4Texts[slot] = formatIpv4(n);
  }
  return ipv4Texts[slot] ?? "";
}

/** As {@linkcode formatIpv6}, but a mapped address is the IPv4 address that it stands for. */
export function ipv6Text(a: number, b: number, c: number, d: number): string {
  if (a === 0 && b === 0 && c === 0xffff) return ipv4Text(d);
  const slot = slotOf(a ^ Math.imul(b, 3) ^ Math.imul(c, 5) ^ Math.imul(d, 7));
  const key = slot * 4;
  const known = ipv6Keys[key] === a && ipv6Keys[key + 1] === b && ipv6Keys[key + 2] === c &&
    ipv6Keys[key + 3] === d;
  if (!known) {
    ipv6Keys.set([a, b, c, d], key);
    ipv6Texts[slot] = formatIpv6(a, b, c, d);
  }
  return ipv6Texts[slot] ?? "";
}
