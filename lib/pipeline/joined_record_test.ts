import { assertEquals } from "@std/assert";
import type { Connection } from "../connection.ts";
import { JOINED, joined } from "./joined_record.ts";

const TRACE: Connection = {
  id: "t1",
  event: "open",
  time: 0,
  direction: "egress",
  initiator: "local",
  outcome: "unknown",
  protocol: "udp",
  protocolNumber: 17,
  ipVersion: 4,
  local: { ip: "192.0.2.1", port: 50_000 },
  remote: { ip: "198.51.100.7", port: 53 },
  attribution: "exact",
  process: { pid: 7, start: 0, name: "dig", entityId: "e" },
  collector: "trace",
};
const { process: _process, ...REST } = TRACE;
const FLOW: Connection = { ...REST, id: "c1", attribution: "none", collector: "conntrack" };

function ofFlow(record: Connection, more: Partial<Connection> = {}): Connection {
  return joined({ flow: { ...FLOW, ...more }, flowClose: undefined }, record);
}

Deno.test("joined leaves a record as it is where nothing is told of its flow", () => {
  assertEquals(joined({ flow: undefined, flowClose: undefined }, TRACE), TRACE);
});

Deno.test("joined takes address translation and the ICMP message from the flow", () => {
  const nat = { source: { ip: "203.0.113.1", port: 1024 } };
  assertEquals(ofFlow(TRACE, { nat }), { ...TRACE, collector: JOINED, nat });
  const icmp = { type: 8, code: 0 };
  assertEquals(ofFlow(TRACE, { icmp }), { ...TRACE, collector: JOINED, icmp });
});

Deno.test("joined takes the address of a socket that is bound to none from the flow that it began", () => {
  for (const ip of ["0.0.0.0", "::"]) {
    const unbound = { ...TRACE, local: { ip, port: 50_000 } };
    assertEquals(ofFlow(unbound).local, TRACE.local);
    assertEquals(ofFlow(unbound, { initiator: "remote" }).local, unbound.local);
  }
  assertEquals(ofFlow(TRACE, { local: { ip: "192.0.2.9" } }).local, TRACE.local);
});

Deno.test("joined takes from the flow who began what the trace did not see begin", () => {
  const { initiator: _initiator, ...unseen } = TRACE;
  const { initiator, direction } = ofFlow({ ...unseen, direction: "unknown", preexisting: true });
  assertEquals([initiator, direction], ["local", "egress"]);
  const other = ofFlow(TRACE, { initiator: "remote", direction: "ingress" });
  assertEquals([other.initiator, other.direction], ["local", "egress"]);
});

Deno.test("joined takes the counters of the end, where the socket has not both", () => {
  const counts = { bytesIn: 2000, bytesOut: 1000, packetsIn: 2, packetsOut: 1 };
  const told = { flow: FLOW, flowClose: { ...FLOW, event: "close", ...counts } } as const;
  const close = { ...TRACE, event: "close" } as const;
  assertEquals(joined(told, close), { ...close, collector: JOINED, ...counts });
  assertEquals(joined(told, { ...close, bytesOut: 5 }).bytesOut, 1000);
  assertEquals(joined(told, { ...close, bytesIn: 6, bytesOut: 5 }).bytesOut, 5);
  assertEquals(joined(told, TRACE).bytesOut, undefined);
});
