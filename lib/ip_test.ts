import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  addressScope,
  cidrContains,
  formatIp,
  formatIpv4,
  formatIpv6,
  isIp,
  isLoopback,
  isPrivate,
  parseCidr,
  parseIp,
  readIp,
} from "./ip.ts";

const RUNS = { numRuns: 300 };
const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 0xffff, 65536),
);
const ipv6Bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

/** A second way to read IPv6: write out all eight groups, then the bytes. */
function naiveIpv6(text: string): Uint8Array {
  const [front = "", back] = text.split("::");
  const head = front === "" ? [] : front.split(":");
  const tail = back === undefined || back === "" ? [] : back.split(":");
  const middle = Array(8 - head.length - tail.length).fill("0");
  const hex = [...head, ...middle, ...tail].map((group) => group.padStart(4, "0")).join("");
  return Uint8Array.from({ length: 16 }, (_, i) => parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}

Deno.test("formatIpv6 writes the recommended forms of RFC 5952", () => {
  const cases: [string, string][] = [
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["20010000000000010000000000000001", "2001:0:0:1::1"],
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["fe800000000000000000000000000000", "fe80::"],
    ["0000000000000000ffff0000c0000201", "::ffff:0:c000:201"],
    ["00000000000000000000ffffc0000201", "::ffff:192.0.2.1"],
    ["00010000000000000000000000000000", "1::"],
    ["00000001000200030004000500060007", "0:1:2:3:4:5:6:7"],
  ];
  for (const [hex, text] of cases) {
    const words = [0, 8, 16, 24].map((at) => parseInt(hex.slice(at, at + 8), 16));
    const [a = 0, b = 0, c = 0, d = 0] = words;
    assertEquals(formatIpv6(a, b, c, d), text);
  }
});

Deno.test("parseIp reads what formatIpv4 wrote", () => {
  fc.assert(
    fc.property(word, (n) => {
      const text = formatIpv4(n);
      const bytes = parseIp(text);
      assert(bytes !== undefined && bytes.length === 4);
      assertEquals(new DataView(bytes.buffer).getUint32(0), n);
      assertEquals(formatIp(bytes), text);
    }),
    RUNS,
  );
});

Deno.test("formatIpv6 is read back by parseIp and by a naive reader, and is the shortest form", () => {
  fc.assert(
    fc.property(word, word, word, word, (a, b, c, d) => {
      const text = formatIpv6(a, b, c, d);
      const bytes = new Uint8Array(16);
      const view = new DataView(bytes.buffer);
      [a, b, c, d].forEach((value, i) => view.setUint32(i * 4, value));
      assertEquals(formatIp(bytes), text);
      if (text.includes(".")) {
        assertEquals(parseIp(text), bytes.slice(12));
        return;
      }
      assertEquals(parseIp(text), bytes);
      assertEquals(parseIp(text.toUpperCase()), bytes);
      assertEquals(naiveIpv6(text), bytes);
      // Two zero groups in a row are never left where there is no `::`.
      if (!text.includes("::")) assert(!/(^|:)0:0(:|$)/.test(text), text);
      assert(!/(^|:)0[0-9a-f]/.test(text), text);
    }),
    RUNS,
  );
});

Deno.test("parseIp reads mixed and mapped forms", () => {
  assertEquals(parseIp("::ffff:127.0.0.1"), Uint8Array.of(127, 0, 0, 1));
  assertEquals(parseIp("::FFFF:7f00:1"), Uint8Array.of(127, 0, 0, 1));
  assertEquals(formatIp(parseIp("64:ff9b::192.0.2.33") ?? new Uint8Array()), "64:ff9b::c000:221");
  assertEquals(parseIp("1:2:3:4:5:6:1.2.3.4")?.length, 16);
  assertEquals(parseIp("1:2:3:4:5:6:7::")?.[15], 0);
});

Deno.test("parseIp refuses what is not exactly one address", () => {
  const bad = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    " 1.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4/8",
  ];
  bad.push("0x7f.0.0.1", "127.1", "1.2.3.+4", "1e1.0.0.0", ":", ":::", "1::2::3", "1:2:3:4:5:6:7");
  bad.push("1:2:3:4:5:6:7:8:9", "::1%eth0", "fe80::1%0", "[::1]", "12345::", "g::", "1.2.3.4::");
  bad.push("::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", ":1::", "1::2:", "1:2:3:4:5:6:7:8::", "::/0");
  for (const text of bad) assertEquals(parseIp(text), undefined, text);
});

Deno.test("parseIp never throws, and reads only what it could have been written from", () => {
  const near = fc.string({ unit: fc.constantFrom(..."0123456789abcf:.%/ "), maxLength: 50 });
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const bytes = parseIp(text);
      if (bytes === undefined) return;
      assertEquals(parseIp(formatIp(bytes)), bytes);
      assert(addressScope(text) !== undefined);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("parseIp answers the same when its memory is full", () => {
  for (let n = 0; n < 10_000; n++) parseIp(formatIpv4(n));
  assertEquals(parseIp("0.0.0.5"), Uint8Array.of(0, 0, 0, 5));
  assertEquals(parseIp("nonsense"), undefined);
  assertEquals(parseIp("nonsense"), undefined);
});

Deno.test("parseCidr reads networks, clears host bits, and refuses the rest", () => {
  assertEquals(parseCidr("10.1.2.3/8"), { bytes: Uint8Array.of(10, 0, 0, 0), prefix: 8 });
  assertEquals(parseCidr("10.1.2.3"), { bytes: Uint8Array.of(10, 1, 2, 3), prefix: 32 });
  assertEquals(parseCidr("::ffff:10.1.2.3/104"), { bytes: Uint8Array.of(10, 0, 0, 0), prefix: 8 });
  assertEquals(parseCidr("2001:db8:ffff::/33")?.bytes[4], 0x80);
  assertEquals(parseCidr("::/0"), { bytes: new Uint8Array(16), prefix: 0 });
  const bad = ["", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/08", "10.0.0.0/8/8"];
  bad.push("10.0.0.0/-1", "10.0.0.0/ 8", "10/8", "::ffff:10.0.0.0/95", "10.0.0.0/255.0.0.0");
  for (const text of bad) assertEquals(parseCidr(text), undefined, text);
});

Deno.test("cidrContains agrees with comparing the bits as text", () => {
  const bits = (bytes: Uint8Array) =>
    [...bytes].map((b) => b.toString(2).padStart(8, "0")).join("");
  const bytes = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), ipv6Bytes);
  fc.assert(
    fc.property(bytes, bytes, fc.nat(128), fc.nat(128), (net, other, length, flipped) => {
      const prefix = Math.min(length, net.length * 8);
      const cidr = parseCidr(`${formatIp(net)}/${prefix}`);
      assert(cidr !== undefined);
      // The network's own address with one bit changed is near enough to be a test.
      const near = net.slice();
      const at = flipped % (net.length * 8);
      near[at >> 3] = (near[at >> 3] ?? 0) ^ (128 >> (at & 7));
      for (const ip of [net, near, other]) {
        const same = ip.length === net.length &&
          bits(ip).slice(0, prefix) === bits(net).slice(0, prefix);
        assertEquals(cidrContains(cidr, formatIp(ip)), same);
      }
    }),
    RUNS,
  );
});

Deno.test("cidrContains is false across versions and for names", () => {
  const all = parseCidr("0.0.0.0/0");
  assert(all !== undefined);
  assert(cidrContains(all, "8.8.8.8"));
  assert(cidrContains(all, "::ffff:8.8.8.8"));
  assert(!cidrContains(all, "::1"));
  assert(!cidrContains(all, "example.com"));
});

Deno.test("addressScope tells the networks apart at their edges", () => {
  const cases: Record<string, string[]> = {
    unspecified: ["0.0.0.0", "::"],
    loopback: ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"],
    private: ["10.0.0.5", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.1"],
    shared: ["100.64.0.1", "100.127.255.255"],
    "link-local": ["169.254.1.1", "fe80::1", "febf::1"],
    "unique-local": ["fc00::1", "fdff::1"],
    multicast: ["224.0.0.1", "239.255.255.255", "ff02::1"],
    broadcast: ["255.255.255.255"],
  };
  cases["public"] = [
    "172.15.0.1",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "192.167.255.255",
  ];
  cases["public"].push("192.169.0.0", "169.253.0.1", "11.0.0.0", "9.255.255.255", "126.0.0.1");
  cases["public"].push("128.0.0.1", "223.255.255.255", "240.0.0.1", "255.255.255.254", "0.0.0.1");
  cases["public"].push("fec0::1", "fe7f::1", "fbff::1", "fe00::1", "::2", "1::1", "2001:db8::1");
  for (const [scope, ips] of Object.entries(cases)) {
    for (const ip of ips) {
      assertEquals(addressScope(ip), scope, ip);
      assertEquals(addressScope(ip), scope, `${ip}, asked again`);
      assertEquals(isLoopback(ip), scope === "loopback", ip);
      assertEquals(isPrivate(ip), !["public", "loopback", "unspecified"].includes(scope), ip);
    }
  }
  assertEquals(addressScope("example.com"), undefined);
  assert(!isPrivate("example.com") && !isLoopback("localhost"));
});

Deno.test("isIp knows what parseIp reads, and readIp gives the same", () => {
  const part = fc.oneof(
    fc.constantFrom("", "0", "ffff", "12345", "g", "1.2.3.4", "256.1.1.1", "01.2.3.4"),
    fc.nat(70_000).map((number) => number.toString(16)),
  );
  const groups = fc.array(part, { maxLength: 10 }).map((parts) => parts.join(":"));
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), groups, fc.string({ maxLength: 50 }));
  fc.assert(
    fc.property(text, (text) => {
      const bytes = parseIp(text);
      const into = new Uint8Array(16);
      assertEquals(isIp(text), bytes !== undefined);
      assertEquals(into.subarray(0, readIp(text, into)), bytes ?? new Uint8Array(0));
    }),
    { numRuns: 5000 },
  );
});
