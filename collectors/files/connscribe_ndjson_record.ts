/** The record that an object of the format `ndjson` stands for: what lib/formats/ndjson.ts writes, read. */
import type { Connection, Endpoint, RecordedEndpoint, SocketInfo } from "../../lib/connection.ts";
import {
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
} from "./record_words.ts";

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

/**
 * Whether the source is the local end, where nobody says who opened the connection. Of a socket without a
 * peer there is only a destination, and its direction is unknown: that one is the local end.
 */
function localIsSource(direction: Connection["direction"], hasSource: boolean): boolean {
  return direction !== "ingress" && (hasSource || direction !== "unknown");
}

function putEnds(record: Mutable<Connection>, object: Fields, own: Fields): void {
  const source = fieldsOf(object["source"]);
  const destination = fieldsOf(object["destination"]);
  const fromHere = record.initiator === undefined
    ? localIsSource(record.direction, source !== undefined)
    : record.initiator === "local";
  const here = fromHere ? source : destination;
  const there = fromHere ? destination : source;
  const nameSource = textOf(fieldsOf(own["remote"])?.["name_source"]);
  if (here !== undefined) {
    record.local = endpointOf(here);
    put(record, "bytesOut", countOf(here["bytes"]));
    put(record, "packetsOut", countOf(here["packets"]));
  }
  if (there !== undefined || nameSource !== undefined) {
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

function reasonOf(value: unknown): { rule: string; reason: string } {
  const fields = required(fieldsOf(value));
  return { rule: required(textOf(fields["rule"])), reason: required(textOf(fields["reason"])) };
}

function putNetwork(record: Mutable<Connection>, network: Fields): void {
  put(record, "protocol", textOf(network["transport"]));
  put(record, "protocolNumber", digitsOf(network["iana_number"]));
  const version = oneOf(IP_VERSIONS, network["type"]);
  if (version !== undefined) record.ipVersion = version === "ipv4" ? 4 : 6;
}

/** What stands under `connscribe`, but for the process and the ends. */
function putOwn(record: Mutable<Connection>, own: Fields): void {
  put(record, "attributionReason", textOf(fieldsOf(own["attribution"])?.["reason"]));
  put(record, "initiator", oneOf(INITIATORS, own["initiator"]));
  put(record, "state", textOf(own["state"]));
  put(record, "preexisting", flagOf(own["preexisting"]));
  put(record, "netns", countOf(own["netns"]));
  put(record, "socket", socketOf(own));
  put(record, "count", countOf(own["count"]));
  put(record, "denied", countOf(own["denied"]));
  put(record, "first", timeOf(own["first"]));
  put(record, "last", timeOf(own["last"]));
  put(record, "records", countOf(own["records"]));
  put(record, "remotes", countOf(own["remotes"]));
  put(record, "samples", listOf(own["samples"], textOf));
  put(record, "other", flagOf(own["other"]));
  put(record, "noteworthy", listOf(own["noteworthy"], reasonOf));
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

function putHost(record: Mutable<Connection>, host: Fields): void {
  record.host = { id: required(textOf(host["id"])), name: required(textOf(host["name"])) };
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
  if (host !== undefined) putHost(record, host);
  putOwn(record, own);
  putEnds(record, object, own);
  put(record, "process", recordedProcess(object, own));
  return record;
}
