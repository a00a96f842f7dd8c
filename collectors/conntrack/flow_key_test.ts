import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowEvent } from "./flow.ts";
import { flowKey, parseFlowKey } from "./flow_key.ts";
import { flow } from "./owners/test_host.ts";
import { protocolKeyword } from "../../lib/protocols.ts";

const NEW = flow(
  "[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=192.0.2.9 sport=4000 dport=80 [UNREPLIED] src=192.0.2.9 dst=10.0.0.1 sport=80 dport=4000 id=7",
);

Deno.test("flowKey is the same for every event of a flow", () => {
  const end: FlowEvent = { ...NEW, event: "destroy", state: "CLOSE", timestampUs: 5, mark: 3 };
  assertEquals(flowKey(end), flowKey(NEW));
});

Deno.test("flowKey tells flows apart", () => {
  const { id: _, ...nameless } = NEW;
  const others: FlowEvent[] = [
    { ...NEW, id: 8 },
    nameless,
    { ...NEW, zone: 7 },
    { ...NEW, protocolNumber: 17 },
    { ...NEW, original: { ...NEW.original, sport: 4001 } },
    { ...NEW, original: { ...NEW.original, dport: 81 } },
    { ...NEW, original: { ...NEW.original, src: "10.0.0.2" } },
    { ...NEW, original: { ...NEW.original, dst: "10.0.0.2" } },
    { ...nameless, zone: 7 },
  ];
  assertEquals(new Set([NEW, ...others].map(flowKey)).size, others.length + 1);
});

Deno.test("parseFlowKey gives back what flowKey was made of", () => {
  const port = fc.nat(65535);
  const byte = fc.nat(255);
  const ports = fc.record({ sport: port, dport: port });
  const icmp = fc.record({ icmp: fc.record({ type: byte, code: byte, id: port }) });
  const gre = fc.record({ gre: fc.record({ srckey: port, dstkey: port }) });
  const numbers = fc.oneof(
    fc.tuple(fc.constantFrom(6, 17, 33, 132, 136), ports),
    fc.tuple(fc.constantFrom(1, 58), icmp),
    fc.tuple(fc.constant(47), gre),
    fc.tuple(fc.constantFrom(0, 2, 50, 99, 255), fc.constant({})),
  );
  const address = fc.oneof(
    fc.tuple(fc.constant(4 as const), fc.ipV4()),
    fc.tuple(fc.constant(6 as const), fc.ipV6()),
  );
  fc.assert(
    fc.property(
      numbers,
      address,
      fc.option(fc.nat(0xffffffff), { nil: undefined }),
      fc.option(port, { nil: undefined }),
      ([protocolNumber, ends], [ipVersion, src], id, zone) => {
        const known = {
          ...(id !== undefined && { id }),
          ipVersion,
          protocol: protocolKeyword(protocolNumber),
          protocolNumber,
          original: { src, dst: src, ...ends },
        };
        const { id: _, ...rest } = NEW;
        const event = { ...rest, ...known, ...(zone !== undefined && { zone }) };
        assertEquals(parseFlowKey(flowKey(event)), known);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("flowKey is short", () => {
  assert(flowKey(NEW).length < 48);
});
