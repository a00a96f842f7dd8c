/**
 * The record of one connection in Zeek's conn.log (Zeek, script reference: base/protocols/conn/main.zeek).
 *
 * Zeek writes a line when a connection has ended, but the line bears the time of its first packet. That
 * is the time of the record, too: who asks who connected at eight asks for what began at eight.
 *
 * The originator is the local end, unless it alone is outside the networks that Zeek calls local.
 */
import { icmpCounterpart } from "../../lib/community_id_hash.ts";
import type { Connection, Outcome, RecordedEndpoint } from "../../lib/connection.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import { canonicalIp } from "./canonical_ip.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { portOf, put, wrong } from "./checked.ts";
import { lineId } from "./line_id.ts";
import type { LogFormatName } from "./log_format.ts";

/** What is read of a line. Times are microseconds since the epoch, spans are microseconds. */
export interface ZeekFields {
  readonly ts: number;
  readonly uid?: string | undefined;
  /** Absent where a listener has been written in Zeek's format, or an own end of which no address was known. */
  readonly origin?: string | undefined;
  readonly originPort?: number | undefined;
  /** Absent where such an own end has been written. */
  readonly responder?: string | undefined;
  readonly responderPort?: number | undefined;
  /** `tcp`, `udp`, `icmp`, `unknown_transport`. */
  readonly proto?: string | undefined;
  /** `ip_proto`, of later versions: the IANA number. */
  readonly ipProto?: number | undefined;
  readonly duration?: number | undefined;
  readonly connState?: string | undefined;
  readonly localOrigin?: boolean | undefined;
  readonly localResponder?: boolean | undefined;
  readonly originBytes?: number | undefined;
  readonly responderBytes?: number | undefined;
  readonly originPackets?: number | undefined;
  readonly responderPackets?: number | undefined;
  /** Protocols of the application, apart by commas. */
  readonly service?: string | undefined;
  readonly communityId?: string | undefined;
  /** The host of the sensor, where logs of several have been put together. */
  readonly sensorName?: string | undefined;
  readonly sensorId?: string | undefined;
}

/**
 * How long after the last packet of a connection its line may come, microseconds. Zeek waits for an
 * inactivity timeout: an hour for SSH, FTP, Telnet and rlogin (base/protocols/conn/inactivity.zeek), at most
 * five minutes for the others. A minute more for its timers and for what it holds back before writing.
 */
export const ZEEK_DISORDER_US = 3_660_000_000;

/** Types and codes of ICMP are a byte. */
const MAX_ICMP = 255;

const TCP_OUTCOMES: ReadonlyMap<string, Outcome> = new Map([
  ["S0", "timeout"],
  ["REJ", "refused"],
  ["S1", "established"],
  ["S2", "established"],
  ["S3", "established"],
  ["SF", "established"],
  ["RSTO", "reset"],
  ["RSTR", "reset"],
  ["RSTOS0", "reset"],
  ["RSTRH", "reset"],
]);

/** `SH`, `SHR` and `OTH` do not show how it went. A datagram that nobody answers has not failed. */
function outcomeOf(state: string | undefined, proto: string | undefined): Outcome {
  if (state === undefined) return "unknown";
  if (proto === "tcp") return TCP_OUTCOMES.get(state) ?? "unknown";
  return state === "SF" ? "established" : "unknown";
}

/** The IANA number. Zeek calls ICMP of both versions `icmp`, and what it does not know `unknown_transport`. */
function protocolOf({ proto, ipProto }: ZeekFields, version: 4 | 6): number | undefined {
  if (proto === "tcp") return 6;
  if (proto === "udp") return 17;
  if (proto === "icmp") return version === 6 ? 58 : 1;
  return ipProto;
}

function directionOf({ localOrigin, localResponder }: ZeekFields): Connection["direction"] {
  if (localOrigin === undefined || localResponder === undefined) return "unknown";
  if (localOrigin) return localResponder ? "local" : "egress";
  return localResponder ? "ingress" : "unknown";
}

/** Other protocols have none. */
function hasPorts(proto: string | undefined): boolean {
  return proto === "tcp" || proto === "udp";
}

/** Of ICMP, the ports are the type, and that of the answer or else the code. */
function icmpOf(
  { proto, originPort, responderPort }: ZeekFields,
  protocol: number | undefined,
): Connection["icmp"] {
  if (proto !== "icmp" || originPort === undefined || originPort > MAX_ICMP) return undefined;
  const isAnswered = icmpCounterpart(protocol, originPort) !== undefined;
  const hasCode = !isAnswered && responderPort !== undefined && responderPort <= MAX_ICMP;
  return { type: originPort, ...(hasCode && { code: responderPort }) };
}

function endpointOf(address?: string, port?: number): RecordedEndpoint {
  const end: Mutable<RecordedEndpoint> = {};
  if (address !== undefined) end.ip = canonicalIp(address) ?? wrong("an address");
  put(end, "port", portOf(port));
  return end;
}

/** Both ends, and which of them is the local one. What has no originator is a listener. */
interface Ends {
  readonly origin: RecordedEndpoint | undefined;
  readonly responder: RecordedEndpoint;
  readonly isOurs: boolean;
}

function endsOf(fields: ZeekFields, direction: Connection["direction"]): Ends {
  const withPorts = hasPorts(fields.proto);
  const responder = endpointOf(fields.responder, withPorts ? fields.responderPort : undefined);
  if (fields.origin === undefined && direction === "unknown") {
    if (responder.ip === undefined) wrong("an address");
    return { origin: undefined, responder, isOurs: false };
  }
  const origin = endpointOf(fields.origin, withPorts ? fields.originPort : undefined);
  const isOurs = direction !== "ingress";
  // Zeek knows both ends. Of what others have told in its format, the own one may not be known.
  const isKnown = direction === "egress" || direction === "ingress"
    ? (isOurs ? responder : origin).ip !== undefined
    : origin.ip !== undefined && responder.ip !== undefined;
  return isKnown ? { origin, responder, isOurs } : wrong("an address");
}

function putCounters(record: Mutable<Connection>, fields: ZeekFields, isOurs: boolean): void {
  put(record, "bytesOut", isOurs ? fields.originBytes : fields.responderBytes);
  put(record, "bytesIn", isOurs ? fields.responderBytes : fields.originBytes);
  put(record, "packetsOut", isOurs ? fields.originPackets : fields.responderPackets);
  put(record, "packetsIn", isOurs ? fields.responderPackets : fields.originPackets);
}

/**
 * The record.
 *
 * @param name Name of the log format.
 * @param line For the identity of one that Zeek has given none.
 * @param at Where the line begins: see `LogReader.read`.
 * @throws {TypeError} If an address or a port is none.
 */
export function zeekRecord(
  fields: ZeekFields,
  name: LogFormatName,
  line: string,
  at: number,
): Connection {
  const { ts, uid, proto, duration, connState, sensorId, sensorName } = fields;
  const direction = directionOf(fields);
  const { origin, responder, isOurs } = endsOf(fields, direction);
  const ipVersion = (responder.ip ?? origin?.ip ?? "").includes(":") ? 6 : 4;
  const record: Mutable<Connection> = {
    id: uid || lineId(name, line, at),
    event: origin === undefined && duration === undefined ? "listen" : "close",
    time: ts,
    start: ts,
    direction,
    outcome: outcomeOf(connState, proto),
    ipVersion,
    local: origin !== undefined && isOurs ? origin : responder,
    attribution: "none",
    attributionReason: "Zeek sees packets, not processes",
    collector: name,
  };
  if (origin !== undefined) {
    record.initiator = isOurs ? "local" : "remote";
    record.remote = isOurs ? responder : origin;
  }
  if (duration !== undefined) {
    record.end = ts + duration;
    if (!Number.isSafeInteger(record.end)) wrong("a duration");
    record.durationUs = duration;
  }
  const number = protocolOf(fields, ipVersion);
  if (number !== undefined) {
    record.protocol = protocolKeyword(number);
    record.protocolNumber = number;
  }
  put(record, "icmp", icmpOf(fields, number));
  if (connState !== undefined) record.state = connState.toLowerCase();
  put(record, "application", fields.service || undefined);
  put(record, "communityId", fields.communityId || undefined);
  putCounters(record, fields, isOurs);
  if (sensorId && sensorName) record.host = { id: sensorId, name: sensorName };
  return record;
}
