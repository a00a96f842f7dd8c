/** The record that an object of the format `ndjson` stands for: what lib/formats/ndjson.ts writes, read. */
import type {
  Connection,
  Endpoint,
  HostIdentity,
  RecordedEndpoint,
  SocketInfo,
} from "../../lib/connection.ts";
import {
  byteOf,
  countOf,
  digitsOf,
  type Fields,
  fieldsOf,
  flagOf,
  ipOf,
  listOf,
  oneOf,
  portOf,
  put,
  required,
  textOf,
  timeOf,
} from "./checked.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { recordedProcess } from "./connscribe_ndjson_process.ts";
import {
  ATTRIBUTIONS,
  DIRECTIONS,
  EVENTS,
  INITIATORS,
  OUTCOMES,
  SOCKET_TYPES,
} from "../../lib/record_words.ts";

const IP_VERSIONS: readonly ("ipv4" | "ipv6")[] = ["ipv4", "ipv6"];

function endpointOf(end: Fields): Mutable<RecordedEndpoint> {
  const endpoint: Mutable<RecordedEndpoint> = {};
  put(endpoint, "ip", ipOf(end["ip"]));
  put(endpoint, "port", portOf(countOf(end["port"])));
  put(endpoint, "name", textOf(end["domain"]));
  return endpoint;
}

/** The address of an end that its packets have elsewhere. */
function natOf(end: Fields | undefined): Endpoint | undefined {
  const nat = fieldsOf(end?.["nat"]);
  if (nat === undefined) return undefined;
  const port = portOf(countOf(nat["port"]));
  return { ip: required(ipOf(nat["ip"])), ...(port !== undefined && { port }) };
}

/** What `eventAction` in lib/formats/ecs.ts calls events that have no remote end, if nobody has opened anything. */
const ALONE: readonly unknown[] = ["connection_accepted", "port_closed", "port_listening"];

/**
 * Whether the source is the local end, where nobody says who opened the connection. Of a socket without a
 * peer there is only a destination, and its direction is unknown: that one is the local end.
 */
function localIsSource(
  { event, direction }: Connection,
  hasSource: boolean,
  action: unknown,
): boolean {
  if (direction === "ingress") return false;
  if (hasSource || event === "summary") return true;
  return direction !== "unknown" && !ALONE.includes(action);
}

/** Whether there is a remote end though nothing is known of it. */
function hasRemote(
  { event, direction, initiator }: Connection,
  hasSource: boolean,
  action: unknown,
): boolean {
  // What has no remote end is not summed up.
  if (event === "summary" || action === "disconnect_received") return true;
  // Without one, the local end would be the destination.
  return initiator === undefined && direction !== "ingress" &&
    (hasSource || action === "connection_attempted");
}

function putEnds(record: Mutable<Connection>, object: Fields, own: Fields): void {
  const source = fieldsOf(object["source"]);
  const destination = fieldsOf(object["destination"]);
  const action = fieldsOf(object["event"])?.["action"];
  const hasSource = source !== undefined;
  const fromHere = record.initiator === undefined
    ? localIsSource(record, hasSource, action)
    : record.initiator === "local";
  const here = fromHere ? source : destination;
  const there = fromHere ? destination : source;
  const nameSource = textOf(fieldsOf(own["remote"])?.["name_source"]);
  if (here !== undefined) {
    record.local = endpointOf(here);
    put(record, "bytesOut", countOf(here["bytes"]));
    put(record, "packetsOut", countOf(here["packets"]));
  }
  if (there !== undefined || nameSource !== undefined || hasRemote(record, hasSource, action)) {
    const remote = there === undefined ? {} : endpointOf(there);
    put(remote, "nameSource", nameSource);
    record.remote = remote;
    put(record, "bytesIn", countOf(there?.["bytes"]));
    put(record, "packetsIn", countOf(there?.["packets"]));
  }
  const from = natOf(source);
  const to = natOf(destination);
  if (from !== undefined || to !== undefined) {
    record.nat = {
      ...(from !== undefined && { source: from }),
      ...(to !== undefined && { destination: to }),
    };
  }
}

function socketOf(own: Fields): SocketInfo | undefined {
  const fields = fieldsOf(own["socket"]);
  if (fields === undefined) return undefined;
  const socket: Mutable<SocketInfo> = { type: required(oneOf(SOCKET_TYPES, fields["type"])) };
  put(socket, "inode", countOf(fields["inode"]));
  put(socket, "uid", countOf(fields["uid"]));
  return socket;
}

function icmpOf(own: Fields): Connection["icmp"] {
  const fields = fieldsOf(own["icmp"]);
  if (fields === undefined) return undefined;
  const icmp: Mutable<NonNullable<Connection["icmp"]>> = {
    type: required(byteOf(countOf(fields["type"]))),
  };
  put(icmp, "code", byteOf(countOf(fields["code"])));
  return icmp;
}

/** The rules and their reasons stand in lists of their own, in the same order. */
function noteworthyOf(rule: Fields | undefined): Connection["noteworthy"] {
  const rules = listOf(rule?.["name"], textOf);
  const reasons = listOf(rule?.["description"], textOf);
  return rules?.map((rule, i) => ({ rule, reason: required(reasons?.[i]) }));
}

function putNetwork(record: Mutable<Connection>, network: Fields): void {
  put(record, "protocol", textOf(network["transport"]));
  put(record, "protocolNumber", digitsOf(network["iana_number"]));
  const version = oneOf(IP_VERSIONS, network["type"]);
  if (version !== undefined) record.ipVersion = version === "ipv4" ? 4 : 6;
  put(record, "application", textOf(network["protocol"]));
  put(record, "communityId", textOf(network["community_id"]));
}

/** What stands under `connscribe`, but for the process and the ends. */
function putOwn(record: Mutable<Connection>, own: Fields): void {
  put(record, "attributionReason", textOf(fieldsOf(own["attribution"])?.["reason"]));
  put(record, "initiator", oneOf(INITIATORS, own["initiator"]));
  put(record, "state", textOf(own["state"]));
  put(record, "preexisting", flagOf(own["preexisting"]));
  put(record, "netns", countOf(own["netns"]));
  put(record, "socket", socketOf(own));
  put(record, "icmp", icmpOf(own));
  put(record, "count", countOf(own["count"]));
  put(record, "denied", countOf(own["denied"]));
  put(record, "first", timeOf(own["first"]));
  put(record, "last", timeOf(own["last"]));
  put(record, "records", countOf(own["records"]));
  put(record, "remotes", countOf(own["remotes"]));
  put(record, "samples", listOf(own["samples"], textOf));
  put(record, "other", flagOf(own["other"]));
}

function putSpan(record: Mutable<Connection>, event: Fields): void {
  put(record, "start", timeOf(event["start"]));
  put(record, "end", timeOf(event["end"]));
  const duration = event["duration"];
  if (typeof duration !== "number" || duration < 0) return;
  // Nanoseconds beyond 2^53 have been rounded, but by less than half a microsecond.
  const durationUs = Math.round(duration / 1000);
  if (Number.isSafeInteger(durationUs)) record.durationUs = durationUs;
}

/**
 * The host that an object is of.
 *
 * @throws {TypeError} If a value is missing or not what it should be.
 */
export function hostOf(host: Fields): HostIdentity {
  const os = textOf(fieldsOf(host["os"])?.["type"]);
  return {
    id: required(textOf(host["id"])),
    name: required(textOf(host["name"])),
    ...(os !== undefined && { os }),
  };
}

/**
 * The record.
 *
 * @param own What stands in the object under `connscribe`.
 * @param time `@timestamp`, microseconds since the epoch.
 * @throws {TypeError} If a value is missing or not what it should be.
 */
export function recordOf(object: Fields, own: Fields, time: number): Connection {
  const record: Mutable<Connection> = {
    id: required(textOf(fieldsOf(own["connection"])?.["id"])),
    event: required(oneOf(EVENTS, own["event"])),
    time,
    direction: required(oneOf(DIRECTIONS, own["direction"])),
    outcome: required(oneOf(OUTCOMES, own["outcome"])),
    local: {},
    attribution: required(oneOf(ATTRIBUTIONS, fieldsOf(own["attribution"])?.["kind"])),
    collector: required(textOf(own["collector"])),
  };
  const event = fieldsOf(object["event"]);
  const network = fieldsOf(object["network"]);
  const host = fieldsOf(object["host"]);
  if (event !== undefined) putSpan(record, event);
  if (network !== undefined) putNetwork(record, network);
  if (host !== undefined) record.host = hostOf(host);
  putOwn(record, own);
  put(record, "noteworthy", noteworthyOf(fieldsOf(object["rule"])));
  putEnds(record, object, own);
  put(record, "process", recordedProcess(object, own));
  return record;
}
