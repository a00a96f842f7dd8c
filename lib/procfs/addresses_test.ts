import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIp, parseIp } from "../ip.ts";
import { LocalAddresses, parseFibTrie, parseIfInet6 } from "./addresses.ts";

const encoder = new TextEncoder();

/** As Linux 6.18 prints it: the second table repeats the first. */
const TABLE = `  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     +-- 192.0.2.0/24 2 0 2
        +-- 192.0.2.0/30 2 0 2
           |-- 192.0.2.0
              /24 link UNICAST
              /24 universe LOCAL tos=16
           |-- 192.0.2.2
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
`;
const FIB_TRIE = `Main:\n${TABLE}Local:\n${TABLE}`;

const IF_INET6 = `fe8000000000000000fc00fffe000001 04 40 20 80     eth0
fd000000000000000000000000000002 04 40 00 82     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;

function addresses(fibTrie = FIB_TRIE, ifInet6 = IF_INET6): LocalAddresses {
  return new LocalAddresses(encoder.encode(fibTrie), encoder.encode(ifInet6));
}

Deno.test("parseFibTrie gives local and broadcast networks, each once", () => {
  assertEquals(parseFibTrie(encoder.encode(FIB_TRIE)), [
    { network: "127.0.0.0/8", type: "local" },
    { network: "127.0.0.1/32", type: "local" },
    { network: "127.255.255.255/32", type: "broadcast" },
    { network: "192.0.2.0/24", type: "local" },
    { network: "192.0.2.2/32", type: "local" },
    { network: "192.0.2.255/32", type: "broadcast" },
  ]);
});

Deno.test("parseFibTrie passes over what it does not understand", () => {
  const lines = [
    "     |-- 300.0.0.1\n        /32 host LOCAL\n",
    "     |-- 10.0.0.1\n        /33 host LOCAL\n",
    "     |-- 10.0.0.1\n        /32 host LOCALE\n",
    "     |-- 10.0.0.1\n        /32 LOCAL\n",
    "        /32 host LOCAL\n",
    "     |-- 10.0.0.1\n        /32 host ",
  ];
  for (const line of lines) assertEquals(parseFibTrie(encoder.encode(line)), [], line);
});

Deno.test("parseIfInet6 gives the addresses of all devices", () => {
  assertEquals(parseIfInet6(encoder.encode(IF_INET6)), ["fe80::fc:ff:fe00:1", "fd00::2", "::1"]);
  const cut = IF_INET6.slice(0, 40);
  assertEquals(parseIfInet6(encoder.encode(cut)), []);
});

Deno.test("LocalAddresses knows single addresses, networks and broadcast addresses", () => {
  const own = addresses();
  for (const ip of ["127.0.0.1", "127.9.9.9", "192.0.2.2", "192.0.2.77", "fd00::2", "::1"]) {
    assertEquals([ip, own.has(ip), own.isBroadcast(ip)], [ip, true, false]);
  }
  for (const ip of ["192.0.3.2", "0.0.0.0", "fd00::3", "::", "", "garbage"]) {
    assertEquals([ip, own.has(ip), own.isBroadcast(ip)], [ip, false, false]);
  }
  assertEquals(own.isBroadcast("127.255.255.255"), true);
  assertEquals(addresses("", "").has("127.0.0.1"), false);
  assertEquals(new LocalAddresses().has("127.0.0.1"), false);
});

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

Deno.test("LocalAddresses has exactly the addresses that the kernel lists", () => {
  const lists = [fc.array(octets(4)), fc.array(octets(16)), fc.array(octets(4))] as const;
  fc.assert(
    fc.property(...lists, (ipv4, ipv6, others) => {
      const leaves = ipv4.map((ip) => `     |-- ${formatIp(ip)}\n        /32 host LOCAL\n`);
      const lines = ipv6.map((ip) => `${ip.toHex()} 02 40 00 80 eth0\n`);
      const own = addresses("Local:\n" + leaves.join(""), lines.join(""));
      const listed = new Set([...ipv4, ...ipv6].map(formatIp));
      for (const ip of listed) assertEquals(own.has(ip), true);
      for (const ip of others) assertEquals(own.has(formatIp(ip)), listed.has(formatIp(ip)));
    }),
    { numRuns: 100 },
  );
});

Deno.test("parseFibTrie and parseIfInet6 give nothing but addresses, whatever they read", () => {
  const words = fc.constantFrom(
    "|-- ",
    "10.0.0.1",
    " /32",
    " host",
    " LOCAL",
    "\n",
    "f".repeat(32),
  );
  const near = fc.string({ unit: fc.oneof(words, fc.constantFrom(..." \t/.+-0f")) })
    .map((text) => encoder.encode(text));
  fc.assert(
    fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      for (const { network } of parseFibTrie(bytes)) {
        assertEquals(parseIp(network.slice(0, network.indexOf("/")))?.length, 4);
      }
      for (const ip of parseIfInet6(bytes)) assertEquals(parseIp(ip) !== undefined, true);
    }),
    { numRuns: 500 },
  );
});
