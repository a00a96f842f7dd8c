import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIp } from "../../../lib/ip.ts";
import { decodeEndpoints } from "../../../lib/procfs/net_table.ts";
import { kernelAddress } from "../../../tests/fake_procfs.ts";
import { boundKeys, connectedKeys, rawKeys } from "./keys.ts";

const TCP = { ipv4: "tcp", ipv6: "tcp6" };
const UDP = { ipv4: "udp", ipv6: "udp6" };
const RAW = { ipv4: "raw", ipv6: "raw6" };

Deno.test("connectedKeys gives the rows as the kernel prints them", () => {
  const ends = { localIp: "127.0.0.1", localPort: 40_000, remoteIp: "10.99.0.2", remotePort: 80 };
  assertEquals(connectedKeys(TCP, ends), [
    { file: "tcp", key: "0100007F:9C40 0200630A:0050" },
    {
      file: "tcp6",
      key: "0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000200630A:0050",
    },
  ]);
});

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const isMapped = (ip: Uint8Array) => formatIp(ip).startsWith("::ffff:");
const pair = fc.oneof(
  fc.tuple(bytes(4), bytes(4)),
  fc.tuple(bytes(16), bytes(16)).filter((both) => !both.some(isMapped)),
);
const port = fc.nat(65_535);

Deno.test("connectedKeys are keys that decode to the same ends", () => {
  fc.assert(
    fc.property(pair, port, port, ([from, to], localPort, remotePort) => {
      const [localIp, remoteIp] = [formatIp(from), formatIp(to)];
      const keys = connectedKeys(TCP, { localIp, localPort, remoteIp, remotePort });
      assertEquals(keys.length, from.length === 4 ? 2 : 1);
      for (const { key } of keys) {
        assertEquals(decodeEndpoints(key), {
          local: { ip: localIp, port: localPort },
          remote: { ip: remoteIp, port: remotePort },
          ipVersion: from.length === 4 ? 4 : 6,
        });
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("boundKeys have the address or none, and no peer", () => {
  fc.assert(
    fc.property(pair, port, ([ip], number) => {
      const keys = boundKeys(UDP, formatIp(ip), number).map(({ key }) => key);
      const any = ip.length === 4 ? ["00000000", "0".repeat(32)] : ["0".repeat(32)];
      const own = kernelAddress(formatIp(ip));
      const addresses = ip.length === 4 ? [own, kernelAddress(`::ffff:${formatIp(ip)}`)] : [own];
      const suffix = number.toString(16).toUpperCase().padStart(4, "0");
      const expected = [...addresses, ...any].map((address) =>
        `${address}:${suffix} ${"0".repeat(address.length)}:0000`
      );
      assertEquals(new Set(keys), new Set(expected));
    }),
    { numRuns: 200 },
  );
});

Deno.test("rawKeys have the address or none at either end", () => {
  assertEquals(rawKeys(RAW, "127.0.0.1", "10.0.0.2", 1).map(({ file, key }) => `${file} ${key}`), [
    "raw 0100007F:0001 0200000A:0000",
    "raw 00000000:0001 0200000A:0000",
    "raw 0100007F:0001 00000000:0000",
    "raw 00000000:0001 00000000:0000",
  ]);
  const ipv6 = rawKeys(RAW, "::1", "fd00::2", 58);
  assertEquals(new Set(ipv6.map(({ file }) => file)), new Set(["raw6"]));
  assertEquals(ipv6.length, 4);
});
