import { assertEquals } from "@std/assert";
import type { FlowEvent } from "../flow.ts";
import {
  CT,
  CTA,
  CTA_IP,
  CTA_PROTO,
  CTA_PROTOINFO,
  CTA_PROTOINFO_STATE,
  CTA_TUPLE,
  CTNETLINK,
  STATUS,
} from "./ctnetlink.ts";
import { decodeEntry, decodeEvent, isFlowMessage } from "./decode.ts";
import {
  attribute,
  concat,
  flowAttributes,
  type Header,
  message,
  nested,
  nfgenmsg,
  number,
} from "./encode_test_tools.ts";
import { FLAG, type Message, Messages } from "./messages.ts";

const FLOW: FlowEvent = {
  event: "new",
  ipVersion: 4,
  protocol: "tcp",
  protocolNumber: 6,
  original: { src: "10.0.0.1", dst: "10.0.0.2", sport: 4000, dport: 80 },
  reply: { src: "10.0.0.2", dst: "10.0.0.1", sport: 80, dport: 4000 },
  unreplied: true,
  assured: false,
};

const NEW = { type: CTNETLINK | CT.new, flags: FLAG.create };

function messageOf(header: Header, payload: Uint8Array): Message {
  const messages = new Messages(message(header, payload));
  messages.begin(Number.MAX_SAFE_INTEGER);
  messages.next();
  return messages;
}

/** What a message with these attributes tells of. */
function decode(attributes: Uint8Array, header: Header = NEW, ipVersion: 4 | 6 = 4) {
  return decodeEvent(messageOf(header, concat(nfgenmsg(ipVersion), attributes)), 5);
}

/** The attributes of a flow that differs in this. */
function attributesWith(change: Partial<FlowEvent>): Uint8Array {
  return flowAttributes({ ...FLOW, ...change });
}

/** A tuple whose attributes are these. */
function tuple(type: number, ip: readonly Uint8Array[], proto: readonly Uint8Array[]): Uint8Array {
  return nested(type, nested(CTA_TUPLE.ip, ...ip), nested(CTA_TUPLE.proto, ...proto));
}

const SRC = attribute(CTA_IP.v4Src, Uint8Array.of(10, 0, 0, 1));
const DST = attribute(CTA_IP.v4Dst, Uint8Array.of(10, 0, 0, 2));
const UDP = attribute(CTA_PROTO.num, number(1, 17));

function bothTuples(ip: readonly Uint8Array[], proto: readonly Uint8Array[]): Uint8Array {
  return concat(tuple(CTA.tupleOrig, ip, proto), tuple(CTA.tupleReply, ip, proto));
}

Deno.test("isFlowMessage tells flows from other netfilter messages and from netlink's own", function () {
  const types = [0x100, 0x102, 0x101, 0x200, 0x000, 0x002, 0x003, 0x0a00];
  const expected = [true, true, false, false, false, false, false, false];
  assertEquals(types.map((type) => isFlowMessage(messageOf({ type }, nfgenmsg(4)))), expected);
});

Deno.test("decodeEvent tells what happened by the type and the flags", function () {
  const eventOf = (type: number, flags: number) =>
    decode(flowAttributes(FLOW), { type, flags })?.event;
  assertEquals(eventOf(0x100, FLAG.create), "new");
  assertEquals(eventOf(0x100, 0x600), "new");
  assertEquals(eventOf(0x100, 0), "update");
  assertEquals(eventOf(0x100, 0x200), "update");
  assertEquals(eventOf(0x102, 0), "destroy");
});

Deno.test("decodeEvent knows the socket of a tool, decodeEntry takes no answer for its deed", function () {
  const asked = { ...NEW, portid: 7 };
  assertEquals(decode(flowAttributes(FLOW), asked)?.userspace, { portid: 7 });
  assertEquals(decode(flowAttributes(FLOW))?.userspace, undefined);
  const entry = messageOf(asked, concat(nfgenmsg(4), flowAttributes(FLOW)));
  assertEquals(decodeEntry(entry), { ...FLOW, event: "dump" });
});

Deno.test("decodeEvent skips attributes that it does not know", function () {
  const unknown = [
    attribute(200, number(8, 1)),
    nested(201, attribute(1, number(4, 1))),
    attribute(CTA.tupleOrig + 100, new Uint8Array(0)),
    // What is inside of an unknown attribute is nobody's business.
    attribute(202, Uint8Array.of(1)),
  ];
  assertEquals(decode(concat(...unknown, flowAttributes(FLOW), ...unknown)), {
    ...FLOW,
    timestampUs: 5,
  });
});

Deno.test("decodeEvent refuses a flow that contradicts itself", function () {
  const v6 = { src: "fd99::1", dst: "fd99::2" };
  const ipv6 = attributesWith({ ipVersion: 6, original: v6, reply: v6 });
  assertEquals(decode(ipv6, NEW, 6) !== undefined, true);
  assertEquals(decode(ipv6, NEW, 4), undefined);
  assertEquals(decode(flowAttributes(FLOW), NEW, 6), undefined);
  // Where an attribute comes twice, the last one counts.
  const udp = tuple(CTA.tupleReply, [SRC, DST], [UDP]);
  assertEquals(decode(concat(flowAttributes(FLOW), udp)), undefined);
  const reply6 = tuple(CTA.tupleReply, [
    attribute(CTA_IP.v6Src, new Uint8Array(16)),
    attribute(CTA_IP.v6Dst, new Uint8Array(16)),
  ], [attribute(CTA_PROTO.num, number(1, 6))]);
  assertEquals(decode(concat(flowAttributes(FLOW), reply6)), undefined);
  const mixed = [SRC, attribute(CTA_IP.v6Dst, new Uint8Array(16))];
  for (const ipVersion of [4, 6] as const) {
    assertEquals(decode(bothTuples(mixed, [UDP]), NEW, ipVersion), undefined);
  }
});

Deno.test("decodeEvent refuses a flow of which something is missing", function () {
  assertEquals(decode(bothTuples([SRC, DST], [UDP])) !== undefined, true);
  assertEquals(decode(bothTuples([SRC], [UDP])), undefined);
  assertEquals(decode(bothTuples([DST], [UDP])), undefined);
  assertEquals(decode(bothTuples([SRC, DST], [])), undefined);
  assertEquals(decode(tuple(CTA.tupleOrig, [SRC, DST], [UDP])), undefined);
  assertEquals(decode(tuple(CTA.tupleReply, [SRC, DST], [UDP])), undefined);
  assertEquals(decode(new Uint8Array(0)), undefined);
  assertEquals(decodeEvent(messageOf(NEW, new Uint8Array(3)), 5), undefined);
});

Deno.test("decodeEvent gives 0 for what the kernel does not track, as conntrack prints it", function () {
  const tupleOf = (protocol: number) => {
    const proto = [attribute(CTA_PROTO.num, number(1, protocol))];
    const { src: _src, dst: _dst, ...rest } = decode(bothTuples([SRC, DST], proto))?.original ?? {};
    return rest;
  };
  assertEquals(tupleOf(33), { sport: 0, dport: 0 });
  assertEquals(tupleOf(47), { gre: { srckey: 0, dstkey: 0 } });
  assertEquals(tupleOf(1), { icmp: { type: 0, code: 0, id: 0 } });
  assertEquals(tupleOf(50), {});
});

Deno.test("decodeEvent reads the status as conntrack prints it", function () {
  const statusOf = (status: number) => {
    const flow = decode(concat(flowAttributes(FLOW), attribute(CTA.status, number(4, status))));
    return [flow?.unreplied, flow?.assured, flow?.offload];
  };
  const { seenReply, assured, offload, hardwareOffload } = STATUS;
  assertEquals(statusOf(0), [true, false, undefined]);
  assertEquals(statusOf(seenReply | assured), [false, true, undefined]);
  assertEquals(statusOf(seenReply | assured | offload), [false, false, "software"]);
  assertEquals(statusOf(seenReply | assured | offload | hardwareOffload), [
    false,
    false,
    "hardware",
  ]);
  const nothingSaid = decode(bothTuples([SRC, DST], [UDP]));
  assertEquals([nothingSaid?.unreplied, nothingSaid?.assured], [false, false]);
});

Deno.test("decodeEvent leaves out what it has no word for and what is not to be believed", function () {
  const stateOf = (type: number, state: number) => {
    const value = attribute(CTA_PROTOINFO_STATE, number(1, state));
    const protoinfo = nested(CTA.protoinfo, nested(type, value, attribute(2, number(1, 3))));
    return decode(concat(flowAttributes(FLOW), protoinfo))?.state;
  };
  assertEquals([stateOf(CTA_PROTOINFO.tcp, 9), stateOf(CTA_PROTOINFO.tcp, 10)], [
    "SYN_SENT2",
    undefined,
  ]);
  assertEquals(stateOf(CTA_PROTOINFO.sctp, 200), undefined);
  assertEquals(stateOf(CTA_PROTOINFO.dccp, 4), "OPEN");
  assertEquals(stateOf(9, 1), undefined);
  // The clock was set back, by less than a second and by more.
  const deltaOf = (start: number, stop: number) =>
    decode(attributesWith({ start, stop }))?.deltaTime;
  assertEquals(deltaOf(2_900_000, 3_100_000), 1);
  assertEquals(deltaOf(3_900_000, 3_100_000), 0);
  assertEquals(deltaOf(3_100_000, 2_900_000), undefined);
  assertEquals(decode(attributesWith({ helper: "\x1b[2J", secctx: "a\nb" })), {
    ...FLOW,
    timestampUs: 5,
  });
});
