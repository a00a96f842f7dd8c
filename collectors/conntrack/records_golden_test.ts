import { assertEquals } from "@std/assert";
import type { Connection } from "../../lib/connection.ts";
import { LocalAddresses } from "../../lib/procfs/addresses.ts";
import { Matcher, NO_SOCKETS } from "./owners/match.ts";
import { fibTrie, NOW } from "./owners/test_host.ts";
import { parseFlowLine } from "./parse.ts";
import { FlowRecords, type Placer } from "./records.ts";

const FIXTURES = new URL("../../fixtures/conntrack/", import.meta.url);
const GOLDEN = new URL("records/", FIXTURES);

/** Files with events. */
const NAMES = [
  "acct",
  "acct_all",
  "destroyonly",
  "expiry",
  "in",
  "labels",
  "list_all",
  "mz",
  "na",
  "nat",
  "natd",
  "newdestroy",
  "rejb",
  "rule6",
  "sctp",
  "ua",
] as const;

/** The host that the lines were captured on. */
const encoder = new TextEncoder();
const addresses = new LocalAddresses(
  encoder.encode(fibTrie("127.0.0.1", "10.99.0.1")),
  encoder.encode("fd990000000000000000000000000001 02 40 00 80 eth0\n"),
);
const own = { inode: 1, addresses, table: () => undefined };
const matcher = new Matcher({ own, others: [], having: () => [] }, NO_SOCKETS);
const place: Placer = (flow, attributionReason) => {
  const { local, direction, initiator } = matcher.match(flow);
  return { local, direction, initiator, attribution: "none", attributionReason };
};

function recordsOf(lines: readonly string[]): (Connection | null)[] {
  const records = new FlowRecords({ id: "host", name: "fmt-a" }, "boot", place);
  return lines.map((line, i) => {
    const flow = parseFlowLine(line, "utc");
    if (flow === undefined) return null;
    const isBegun = flow.event === "new" || flow.event === "dump";
    return records.make(flow, isBegun ? place(flow, "not looked for") : undefined, NOW + i) ?? null;
  });
}

for (const name of NAMES) {
  Deno.test(`FlowRecords makes the expected records of ${name}.out`, function () {
    const lines = Deno.readTextFileSync(new URL(`${name}.out`, FIXTURES)).trimEnd().split("\n");
    const records = recordsOf(lines);
    const golden = new URL(`${name}.json`, GOLDEN);
    if (Deno.env.get("UPDATE_GOLDEN") === "1") {
      const text = "[\n" + records.map((record) => JSON.stringify(record)).join(",\n") + "\n]\n";
      Deno.writeTextFileSync(golden, text);
    }
    assertEquals(records, JSON.parse(Deno.readTextFileSync(golden)));
    assertEquals(recordsOf(lines), records);
  });
}
