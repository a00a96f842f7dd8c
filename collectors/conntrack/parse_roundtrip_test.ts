import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIpv4, formatIpv6 } from "../../lib/ip.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import type { FlowCounters, FlowEvent, FlowTuple } from "./flow.ts";
import { parseFlowLine } from "./parse.ts";

/** What an event does not say: how the line is written. */
interface Style {
  readonly extended: boolean;
  /** Microseconds padded with blanks, as up to conntrack 1.4.1. */
  readonly oldTimestamp: boolean;
}

const NAMES: Readonly<Record<number, string>> = {
  1: "icmp",
  6: "tcp",
  17: "udp",
  33: "dccp",
  47: "gre",
  58: "icmpv6",
  132: "sctp",
  136: "udplite",
};

/** ctime(3) in UTC. */
function printTime(time: number): string {
  const [weekday, day, month, year, clock] = new Date(time / 1000).toUTCString().split(/,? /);
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${clock} ${Number(year)}`;
}

function printTimestamp(time: number, old: boolean): string {
  const seconds = String(Math.floor(time / 1e6));
  const fraction = String(time % 1e6);
  return old
    ? `[${seconds.padEnd(8)}.${fraction.padEnd(6)}]\t`
    : `[${seconds.padStart(8, "0")}.${fraction.padStart(6, "0")}]\t`;
}

function printTuple({ src, dst, sport, dport, icmp, gre }: FlowTuple): string {
  let text = `src=${src} dst=${dst} `;
  if (sport !== undefined) text += `sport=${sport} dport=${dport} `;
  if (icmp) text += `type=${icmp.type} code=${icmp.code} id=${icmp.id} `;
  if (gre) text += `srckey=0x${gre.srckey.toString(16)} dstkey=0x${gre.dstkey.toString(16)} `;
  return text;
}

function printCounters(counters: FlowCounters | undefined): string {
  return counters ? `packets=${counters.packets} bytes=${counters.bytes} ` : "";
}

function printLayers(event: FlowEvent, style: Style): string {
  const name = NAMES[event.protocolNumber] ?? "unknown";
  const layer3 = event.ipVersion === 4 ? "ipv4     2 " : "ipv6     10 ";
  return (style.extended ? layer3 : "") + `${name.padEnd(8)} ${event.protocolNumber} `;
}

/** The line that conntrack prints of an event, after libnetfilter_conntrack's snprintf_default.c. */
function printFlow(event: FlowEvent, style: Style): string {
  const field = (name: string, value: number | string | undefined) =>
    value === undefined ? "" : `${name}=${value} `;
  const time = (name: string, value: number | undefined) =>
    value === undefined ? "" : `[${name}=${printTime(value)}] `;
  const word = (value: number | string | undefined) => value === undefined ? "" : `${value} `;

  let text = "";
  if (event.event !== "dump") text += `[${event.event.toUpperCase()}]`.padStart(9) + " ";
  text += printLayers(event, style) + word(event.timeout) + word(event.state);
  text += printTuple(event.original) + field("zone-orig", event.zoneOrig);
  text += printCounters(event.originalCounters) + (event.unreplied ? "[UNREPLIED] " : "");
  text += printTuple(event.reply) + field("zone-reply", event.zoneReply);
  text += printCounters(event.replyCounters);
  if (event.offload) text += event.offload === "hardware" ? "[HW_OFFLOAD] " : "[OFFLOAD] ";
  if (event.assured) text += "[ASSURED] ";
  text += field("mark", event.mark) + field("secmark", event.secmark);
  text += field("secctx", event.secctx) + field("zone", event.zone);
  text += field("delta-time", event.deltaTime);
  text += time("start", event.start) + time("stop", event.stop);
  text += field("helper", event.helper) + field("use", event.use) + field("id", event.id);
  text += field("labels", event.labels?.join(","));
  text = text.slice(0, -1);
  if (event.userspace) {
    text += " [USERSPACE]";
    if (event.userspace.portid !== undefined) text += ` portid=${event.userspace.portid}`;
    if (event.userspace.progname !== undefined) text += ` progname=${event.userspace.progname}`;
  }
  const { timestampUs } = event;
  return timestampUs === undefined ? text : printTimestamp(timestampUs, style.oldTimestamp) + text;
}

const u8 = fc.nat(255);
const u16 = fc.nat(65535);
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const wholeSeconds = fc.integer({ min: 0, max: 4_102_444_800 }).map((seconds) => seconds * 1e6);
const states = fc.constantFrom("NONE", "SYN_SENT", "SYN_SENT2", "COOKIE_ECHOED", "HEARTBEAT_ACKED");
const printable = fc.stringMatching(/^[!-~]{1,30}$/);
const progname = fc.string({ unit: "grapheme", minLength: 1, maxLength: 15 })
  .filter((text) => text.isWellFormed() && !/\p{Cc}/u.test(text));
const label = fc.stringMatching(/^[A-Za-z0-9-](?:[A-Za-z0-9 -]{0,20}[A-Za-z0-9-])?$/);
const counters = fc.record({ packets: fc.maxSafeNat(), bytes: fc.maxSafeNat() });
/** Zero and one often, so that runs of zero groups come up. */
const group32 = fc.oneof(fc.constantFrom(0, 1, 0x10000), u32);

function addresses(ipVersion: 4 | 6): fc.Arbitrary<string> {
  if (ipVersion === 4) return u32.map(formatIpv4);
  // A mapped address is read as IPv4, so the text does not come back.
  return fc.tuple(group32, group32, group32, group32).filter(([a, b, c]) =>
    a !== 0 || b !== 0 || c !== 0xffff
  ).map(([a, b, c, d]) => formatIpv6(a, b, c, d));
}

function tuples(ipVersion: 4 | 6, protocol: number): fc.Arbitrary<FlowTuple> {
  const src = addresses(ipVersion);
  const dst = addresses(ipVersion);
  switch (NAMES[protocol]) {
    case undefined:
      return fc.record({ src, dst });
    case "icmp":
    case "icmpv6":
      return fc.record({ src, dst, icmp: fc.record({ type: u8, code: u8, id: u16 }) });
    case "gre":
      return fc.record({ src, dst, gre: fc.record({ srckey: u16, dstkey: u16 }) });
    default:
      return fc.record({ src, dst, sport: u16, dport: u16 });
  }
}

function flows(ipVersion: 4 | 6, protocolNumber: number): fc.Arbitrary<FlowEvent> {
  const tuple = tuples(ipVersion, protocolNumber);
  const required = {
    event: fc.constantFrom<FlowEvent["event"][]>("new", "update", "destroy", "dump"),
    ipVersion: fc.constant(ipVersion),
    protocol: fc.constant(protocolKeyword(protocolNumber)),
    protocolNumber: fc.constant(protocolNumber),
    original: tuple,
    reply: tuple,
    unreplied: fc.boolean(),
    assured: fc.boolean(),
  };
  const optional = {
    timestampUs: fc.integer({ min: 0, max: 4e15 }),
    timeout: u32,
    state: states,
    originalCounters: counters,
    replyCounters: counters,
    zone: u16,
    zoneOrig: u16,
    zoneReply: u16,
    offload: fc.constantFrom<NonNullable<FlowEvent["offload"]>[]>("software", "hardware"),
    mark: u32,
    secmark: u32,
    secctx: printable,
    deltaTime: u32,
    start: wholeSeconds,
    stop: wholeSeconds,
    helper: printable,
    use: u32,
    id: u32,
    labels: fc.array(label, { minLength: 1, maxLength: 4 }),
    userspace: fc.oneof(
      fc.record({ portid: u32, progname }, { requiredKeys: ["portid"] }),
      fc.constant({}),
    ),
  };
  return fc.record({ ...required, ...optional }, {
    requiredKeys: [
      "event",
      "ipVersion",
      "protocol",
      "protocolNumber",
      "original",
      "reply",
      "unreplied",
      "assured",
    ],
  }).map((event) => event.offload === undefined ? event : { ...event, assured: false });
}

const flow = fc.tuple(
  fc.constantFrom<(4 | 6)[]>(4, 6),
  fc.oneof(fc.constantFrom(...Object.keys(NAMES).map(Number)), u8),
).chain(([ipVersion, protocol]) => flows(ipVersion, protocol));

Deno.test("parseFlowLine reads back every event in conntrack's own words", function () {
  const style = fc.record({ extended: fc.boolean(), oldTimestamp: fc.boolean() });
  fc.assert(
    fc.property(flow, style, (event, style) => {
      assertEquals(parseFlowLine(printFlow(event, style), "utc"), event);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("parseFlowLine loses nothing of the captured lines", function () {
  const fixtures = new URL("../../fixtures/conntrack/", import.meta.url);
  let lines = 0;
  for (const { name } of Deno.readDirSync(fixtures)) {
    if (!name.endsWith(".out")) continue;
    for (const line of Deno.readTextFileSync(new URL(name, fixtures)).trimEnd().split("\n")) {
      const event = parseFlowLine(line, "utc");
      if (event === undefined) continue;
      const style = { extended: /ipv[46]/.test(line), oldTimestamp: false };
      // A label without a name is the one thing that is not kept.
      assertEquals(printFlow(event, style), line.replace(/ labels$/, ""));
      lines++;
    }
  }
  assertEquals(lines, 382);
});
