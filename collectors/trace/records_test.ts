import { assertEquals } from "@std/assert";
import type { Happening } from "./happening.ts";
import { TraceRecords } from "./records.ts";

const HOST = { id: "h", name: "n" };

const HAPPENING: Happening = {
  event: "close",
  time: 3_000_000,
  start: 1_000_000,
  end: 3_000_000,
  key: "k",
  protocolNumber: 6,
  ipVersion: 4,
  local: { ip: "192.0.2.1", port: 50_000 },
  remote: { ip: "198.51.100.7", port: 443 },
  initiator: "local",
  outcome: "established",
  bytesIn: 5,
  owner: {
    process: { pid: 7, start: 0, name: "curl", entityId: "e", netns: 9 },
    attribution: "exact",
  },
};

function record(more: Partial<Happening> = {}) {
  const records = new TraceRecords(HOST, "boot", (ip) => ip === "192.0.2.9");
  return records.record({ ...HAPPENING, ...more });
}

Deno.test("TraceRecords makes a record of all that is known and of nothing else", () => {
  const { id, ...rest } = record();
  assertEquals(rest, {
    event: "close",
    time: 3_000_000,
    start: 1_000_000,
    end: 3_000_000,
    durationUs: 2_000_000,
    direction: "egress",
    initiator: "local",
    outcome: "established",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: { ip: "192.0.2.1", port: 50_000 },
    remote: { ip: "198.51.100.7", port: 443 },
    bytesIn: 5,
    netns: 9,
    process: { pid: 7, start: 0, name: "curl", entityId: "e", netns: 9 },
    attribution: "exact",
    collector: "trace",
    host: HOST,
  });
  assertEquals(record({ event: "open" }).id, id);
  assertEquals(record({ key: "l" }).id === id, false);
});

Deno.test("TraceRecords tells the direction from who began and from the addresses of this host", () => {
  const remote = (ip: string) => ({ remote: { ip, port: 1 } });
  assertEquals(record({ initiator: "remote" }).direction, "ingress");
  assertEquals(record(remote("127.0.0.1")).direction, "local");
  assertEquals(record(remote("192.0.2.9")).direction, "local");
  assertEquals(record(remote("192.0.2.1")).direction, "local");
  const { initiator: _, ...unknown } = HAPPENING;
  const records = new TraceRecords(HOST, "", () => false);
  assertEquals(records.record(unknown).direction, "unknown");
  const { remote: __, ...listener } = unknown;
  assertEquals(records.record(listener).direction, "unknown");
});

Deno.test("TraceRecords leaves out ports that are unknown, or that the protocol does not have", () => {
  assertEquals(record({ local: { ip: "192.0.2.1", port: 0 } }).local, { ip: "192.0.2.1" });
  assertEquals(record({ protocolNumber: 1 }).remote, { ip: "198.51.100.7" });
});
