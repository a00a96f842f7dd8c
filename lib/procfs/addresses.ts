/** The addresses of a network namespace, from its /proc/net/fib_trie and /proc/net/if_inet6. */
import { type Cidr, cidrContains, formatIp, parseCidr } from "../ip.ts";
import { textOf } from "./text.ts";

/** A network that packets are delivered to here; nearly always a single address. */
export interface LocalNetwork {
  /** `192.0.2.2/32`, `127.0.0.0/8`: bits beyond the prefix are zero. */
  readonly network: string;
  readonly type: "local" | "broadcast";
}

/** A leaf (`|-- 127.0.0.0`), or a route of the leaf before (`/8 host LOCAL`). */
const LEAF_OR_ROUTE =
  /^[ +|]*\|-- ([0-9.]{7,15})$|^ +\/([0-9]{1,2}) \S+ (LOCAL|BROADCAST)(?: |$)/gm;

/** A line of if_inet6 begins with the address: 32 digits in network byte order. */
const INET6 = /^([0-9a-f]{32}) [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ /gm;

/**
 * The IPv4 networks in /proc/net/fib_trie whose routes are of the types local and broadcast, each once
 * though the file repeats the table `local` as long as it is one with `main`
 * (fib_trie_seq_show of net/ipv4/fib_trie.c):
 *
 *     +-- 127.0.0.0/8 2 0 2
 *        |-- 127.0.0.1
 *           /32 host LOCAL
 *
 * What is not understood is passed over.
 */
export function parseFibTrie(bytes: Uint8Array): LocalNetwork[] {
  const found = new Map<string, LocalNetwork>();
  let leaf = "";
  for (const [, ip, prefix = "", type] of textOf(bytes).matchAll(LEAF_OR_ROUTE)) {
    if (ip !== undefined) {
      leaf = ip;
      continue;
    }
    const cidr = parseCidr(`${leaf}/${Number(prefix)}`);
    if (cidr === undefined) continue;
    const network = `${formatIp(cidr.bytes)}/${cidr.prefix}`;
    if (type === "LOCAL") found.set(network, { network, type: "local" });
    else if (!found.has(network)) found.set(network, { network, type: "broadcast" });
  }
  return [...found.values()];
}

/**
 * The IPv6 addresses in /proc/net/if_inet6 (if6_seq_show of net/ipv6/addrconf.c). What is not understood
 * is passed over.
 */
export function parseIfInet6(bytes: Uint8Array): string[] {
  const found: string[] = [];
  for (const [, digits = ""] of textOf(bytes).matchAll(INET6)) {
    found.push(formatIp(Uint8Array.fromHex(digits)));
  }
  return found;
}

/** Which addresses a network namespace has. */
export class LocalAddresses {
  readonly #addresses = new Set<string>();
  readonly #networks: Cidr[] = [];
  readonly #broadcasts = new Set<string>();

  /**
   * @param fibTrie The file of that name; undefined where it cannot be read.
   * @param ifInet6 The file of that name; undefined where it cannot be read.
   */
  constructor(fibTrie?: Uint8Array, ifInet6?: Uint8Array) {
    for (const { network, type } of fibTrie === undefined ? [] : parseFibTrie(fibTrie)) {
      const single = network.endsWith("/32") ? network.slice(0, -3) : undefined;
      if (type === "broadcast") this.#broadcasts.add(single ?? network);
      else if (single !== undefined) this.#addresses.add(single);
      else this.#addNetwork(network);
    }
    for (const ip of ifInet6 === undefined ? [] : parseIfInet6(ifInet6)) this.#addresses.add(ip);
  }

  /** Whether packets to that address are delivered here. `ip` is in the form of `lib/ip.ts`. */
  has(ip: string): boolean {
    if (this.#addresses.has(ip)) return true;
    for (const network of this.#networks) if (cidrContains(network, ip)) return true;
    return false;
  }

  /** Whether it is a broadcast address of a network that this namespace is in. */
  isBroadcast(ip: string): boolean {
    return this.#broadcasts.has(ip);
  }

  #addNetwork(network: string): void {
    const cidr = parseCidr(network);
    if (cidr !== undefined) this.#networks.push(cidr);
  }
}
