import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIpv4, formatIpv6 } from "../../../lib/ip.ts";
import { protocolKeyword } from "../../../lib/protocols.ts";
import type { FlowEvent, FlowTuple } from "../flow.ts";
import { DCCP_STATES, SCTP_STATES, TCP_STATES } from "./ctnetlink.ts";
import { decodeEntry, decodeEvent, isFlowMessage } from "./decode.ts";
import { concat, flowMessage } from "./encode_test_tools.ts";
import { Messages } from "./messages.ts";

const u8 = fc.nat(255);
const u16 = fc.nat(65535);
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
/** Up to the year 2100. */
const time = fc.integer({ min: 0, max: 4_102_444_800_999_999 });
const counters = fc.record({ packets: fc.maxSafeNat(), bytes: fc.maxSafeNat() });
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter((text) => text.isWellFormed() && !/\p{Cc}/u.test(text));
/** Zero and one often, so that runs of zero groups and mapped addresses come up. */
const group32 = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0x10000), u32);

/** A mapped address is that of IPv4. */
const ipv6 = fc.tuple(group32, group32, group32, group32).map(([a, b, c, d]) =>
  a === 0 && b === 0 && c === 0xffff ? formatIpv4(d) : formatIpv6(a, b, c, d)
);

function tuples(ipVersion: 4 | 6, protocol: number): fc.Arbitrary<FlowTuple> {
  const address = ipVersion === 4 ? u32.map(formatIpv4) : ipv6;
  const addresses = { src: address, dst: address };
  switch (protocol) {
    case 1:
    case 58:
      return fc.record({ ...addresses, icmp: fc.record({ type: u8, code: u8, id: u16 }) });
    case 6:
    case 17:
    case 33:
    case 132:
    case 136:
      return fc.record({ ...addresses, sport: u16, dport: u16 });
    case 47:
      return fc.record({ ...addresses, gre: fc.record({ srckey: u16, dstkey: u16 }) });
    default:
      return fc.record(addresses);
  }
}

const STATES: Readonly<Record<number, readonly string[]>> = {
  6: TCP_STATES,
  33: DCCP_STATES,
  132: SCTP_STATES,
};

/** Whole seconds from start to stop, as conntrack counts them. */
function withDeltaTime(event: FlowEvent): FlowEvent {
  if (event.start === undefined || event.stop === undefined) return event;
  const deltaTime = Math.floor(event.stop / 1e6) - Math.floor(event.start / 1e6);
  return deltaTime < 0 ? event : { ...event, deltaTime };
}

function flows(ipVersion: 4 | 6, protocolNumber: number): fc.Arbitrary<FlowEvent> {
  const required = {
    event: fc.constantFrom<FlowEvent["event"][]>("new", "update", "destroy", "dump"),
    ipVersion: fc.constant(ipVersion),
    protocol: fc.constant(protocolKeyword(protocolNumber)),
    protocolNumber: fc.constant(protocolNumber),
    original: tuples(ipVersion, protocolNumber),
    reply: tuples(ipVersion, protocolNumber),
    unreplied: fc.boolean(),
    assured: fc.boolean(),
  };
  const states = STATES[protocolNumber];
  const optional = {
    timestampUs: time,
    timeout: u32,
    ...(states !== undefined && { state: fc.constantFrom(...states) }),
    originalCounters: counters,
    replyCounters: counters,
    zone: u16,
    zoneOrig: u16,
    zoneReply: u16,
    offload: fc.constantFrom<NonNullable<FlowEvent["offload"]>[]>("software", "hardware"),
    mark: u32,
    secmark: u32,
    secctx: name,
    start: time,
    stop: time,
    helper: name,
    use: u32,
    id: u32,
    userspace: fc.record({ portid: fc.integer({ min: 1, max: 2 ** 32 - 1 }) }),
  };
  const requiredKeys = Object.keys(required) as (keyof typeof required)[];
  return fc.record({ ...required, ...optional }, { requiredKeys })
    .map((event) => event.offload === undefined ? event : { ...event, assured: false })
    .map((event) => {
      const { userspace: _, ...entry } = event;
      return withDeltaTime(event.event === "dump" ? entry : event);
    });
}

const flow = fc.tuple(
  fc.constantFrom<(4 | 6)[]>(4, 6),
  fc.oneof(fc.constantFrom(1, 6, 17, 33, 47, 58, 132, 136), u8),
).chain(([ipVersion, protocol]) => flows(ipVersion, protocol));

const RECEIVED = 5;

function decodeAll(bytes: Uint8Array): (FlowEvent | undefined)[] {
  const messages = new Messages(bytes);
  const decoded: (FlowEvent | undefined)[] = [];
  messages.begin(bytes.length);
  while (messages.next()) {
    assertEquals(isFlowMessage(messages), true);
    decoded.push(
      messages.sequence > 0 ? decodeEntry(messages) : decodeEvent(messages, RECEIVED),
    );
  }
  assertEquals(messages.bad, false);
  return decoded;
}

Deno.test("decodeEvent and decodeEntry read back every flow that the kernel could tell of", function () {
  fc.assert(
    fc.property(fc.array(flow, { minLength: 1, maxLength: 4 }), (events) => {
      const bytes = concat(
        ...events.map((event) => flowMessage(event, event.event === "dump" ? 7 : undefined)),
      );
      const expected = events.map((event) =>
        event.event === "dump" ? event : { timestampUs: RECEIVED, ...event }
      );
      assertEquals(decodeAll(bytes), expected);
    }),
    { numRuns: 1500 },
  );
});
