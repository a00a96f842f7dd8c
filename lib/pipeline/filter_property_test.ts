import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { OptionSpec } from "../cli/spec.ts";
import { optionValues } from "../cli/values.ts";
import type { Connection } from "../connection.ts";
import { hostileConnection } from "../formats/test_records.ts";
import { assertCovering } from "../test_coverage.ts";
import { compileFilter, filterStage } from "./filter.ts";
import { type Batches, Ledger } from "./stage.ts";

/** What one value means, written down a second time and with other means: regular expressions. */
const MEANING: Record<string, (value: string, c: Connection) => boolean> = {
  ip: (value, c) => `${c.ipVersion}` === value,
  protocol(value, c) {
    if (value === "^ipv6/") return c.ipVersion === 6;
    if (value === "ipv4/(tcp|udp)") {
      return c.ipVersion === 4 && [6, 17].includes(c.protocolNumber ?? -1);
    }
    return { tcp: 6, udp: 17, "ipv6-icmp": 58, icmpv6: 58 }[value] === c.protocolNumber;
  },
  event: (value, c) => c.event === value,
  direction: (value, c) => c.direction === value,
  remote(value, c) {
    const nets: Record<string, RegExp> = {
      "10.0.0.0/8": /^10\.\d+\.\d+\.\d+$/,
      "192.0.2.7": /^192\.0\.2\.7$/,
      "2001:db8::/32": /^2001:db8:/,
    };
    if (nets[value]) return nets[value].test(c.remote?.ip ?? "");
    return /(^|\.)example\.com$/i.test(c.remote?.name ?? "");
  },
  port(value, c) {
    const [first, last = first] = value.split("-").map(Number);
    return [c.local.port, c.remote?.port].some((port) => {
      return port !== undefined && Number(first) <= port && port <= Number(last);
    });
  },
  pid: (value, c) => String(c.process?.pid) === value,
  process(value, c) {
    if (!c.process) return false;
    const glob = new RegExp("^" + value.replaceAll("*", ".*").replaceAll("?", ".") + "$", "su");
    const paths = [c.process.executable, c.process.executable?.replace(/ \(deleted\)$/, "")];
    const names = [c.process.name, ...paths.map((path) => path?.replace(/^.*\//s, ""))];
    return (value.includes("/") ? paths : names).some((text) =>
      text !== undefined && glob.test(text)
    );
  },
  user: (value, c) =>
    [c.process?.user, String(c.process?.uid ?? c.socket?.uid ?? "none")].includes(value),
  unit(value, c) {
    const glob = new RegExp("^" + value.replaceAll("*", ".*") + "(\\.service)?$", "s");
    return [c.process?.unit, c.process?.userUnit].some((unit) =>
      unit !== undefined && glob.test(unit)
    );
  },
};

const VALUES: Record<string, string[]> = {
  ip: ["4", "6"],
  protocol: ["tcp", "udp", "ipv6-icmp", "icmpv6", "^ipv6/", "ipv4/(tcp|udp)"],
  event: ["open", "close", "summary"],
  direction: ["egress", "ingress", "local", "unknown"],
  remote: ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "example.com"],
  port: ["443", "1000-2000", "0-65535"],
  pid: ["1", "2", "3"],
  process: ["a", "a*", "?b", "*/b", "/x/*", "*b"],
  user: ["alice", "0", "1000"],
  unit: ["a", "a.service", "*b", "b*"],
};

/** Few values for each field, so that filters often match, over records with hostile texts. */
const connections = fc.record({
  base: hostileConnection,
  ipVersion: fc.constantFrom(4 as const, 6 as const),
  protocol: fc.constantFrom<[string, number][]>(
    ["tcp", 6],
    ["udp", 17],
    ["ipv6-icmp", 58],
    ["gre", 47],
  ),
  ip: fc.constantFrom(
    "10.1.2.3",
    "192.0.2.7",
    "2001:db8::9",
    "127.0.0.1",
    "::1",
    "fe80::1",
    "8.8.8.8",
  ),
  name: fc.constantFrom("example.com", "WWW.Example.com", "badexample.com"),
  port: fc.constantFrom(443, 1500, 7),
  peer: fc.boolean(),
  owner: fc.boolean(),
  pid: fc.integer({ min: 1, max: 4 }),
  uid: fc.constantFrom(0, 1000, 7),
  user: fc.constantFrom("alice", "0", "bob"),
  comm: fc.constantFrom("a", "ab", "b", "\nb"),
  executable: fc.constantFrom("/x/b", "/x/ab (deleted)", "/y/\n/b", "b"),
  unit: fc.constantFrom("a.service", "ab.service", "b.scope", "a"),
}).map((r): Connection => {
  const { remote: _remote, process: _process, ...base } = r.base;
  const [protocol, protocolNumber] = r.protocol;
  return {
    ...base,
    ipVersion: r.ipVersion,
    protocol,
    protocolNumber,
    local: { ip: r.peer ? "10.0.0.5" : r.ip, port: r.port },
    ...(r.peer && { remote: { ip: r.ip, port: 7, name: r.name } }),
    ...(r.owner && {
      process: {
        pid: r.pid,
        start: 0,
        name: r.comm,
        executable: r.executable,
        uid: r.uid,
        user: r.user,
        unit: r.unit,
        entityId: "e",
      },
    }),
    socket: { type: "stream", uid: r.uid },
  };
});

/** Some values of some options, by name. */
const options = fc.array(
  fc.oneof(
    ...Object.entries(VALUES).map(([name, values]) =>
      fc.tuple(fc.constant(name), fc.constantFrom("", "!"), fc.constantFrom(...values))
    ),
  ),
  { maxLength: 5 },
).map((choices) => {
  const given = new Map<string, string[]>();
  for (const [name, sign, value] of choices) {
    given.set(name, [...given.get(name) ?? [], sign + value]);
  }
  return given;
});

const flags = fc.subarray(["no-listen", "no-loopback", "no-private"]);

function reference(c: Connection, given: Map<string, string[]>, set: string[]): boolean {
  for (const [name, values] of given) {
    const wanted = values.filter((value) => !value.startsWith("!"));
    const unwanted = values.filter((value) => value.startsWith("!")).map((value) => value.slice(1));
    if (wanted.length > 0 && !wanted.some((value) => MEANING[name]?.(value, c))) return false;
    if (unwanted.some((value) => MEANING[name]?.(value, c))) return false;
  }
  const ip = (c.remote ?? c.local).ip ?? "";
  if (set.includes("no-listen") && !c.remote) return false;
  if (set.includes("no-loopback") && ["127.0.0.1", "::1"].includes(ip)) return false;
  return !(set.includes("no-private") && c.remote && ["10.1.2.3", "fe80::1"].includes(ip));
}

const SPECS: OptionSpec[] = [
  ...Object.keys(VALUES).map((name): OptionSpec => ({ name, type: "text", summary: "" })),
  ...["no-listen", "no-loopback", "no-private"].map((name): OptionSpec => {
    return { name, type: "flag", summary: "" };
  }),
];

async function* batchesOf(batches: Connection[][]): Batches {
  yield* batches;
}

Deno.test("compileFilter and filterStage agree with a naive filter and lose no record", async () => {
  const stream = fc.array(fc.array(connections, { maxLength: 6 }), { maxLength: 4 });
  let kept = 0;
  await assertCovering(
    fc.asyncProperty(stream, options, flags, async (batches, given, set) => {
      const commandLine = new Map(given);
      for (const name of set) commandLine.set(name, [""]);
      const keep = compileFilter(optionValues(SPECS, commandLine, new Map()));
      const expected = batches.flat().filter((c) => reference(c, given, set));
      if (keep === undefined) return assertEquals(commandLine.size, 0);
      const ledger = new Ledger();
      const found: Connection[] = [];
      for await (const batch of filterStage(keep, ledger)(batchesOf(batches))) {
        assert(batch.length > 0);
        found.push(...batch);
      }
      assertEquals(found, expected);
      assertEquals(found.length + ledger.filtered, batches.flat().length);
      kept += found.length;
    }),
    { numRuns: 400 },
    () => assert(kept > 0),
  );
});
