/**
 * The format `ndjson`: one JSON object a line, with the field names of ECS 9, and `connscribe.*` for what
 * ECS does not have. `@timestamp` and `event.id` come first, so that no two files begin alike:
 * forwarders know a file by its first bytes.
 *
 * The bytes are put together by hand: strings would be joined, copied and encoded, which takes several times
 * as long. Parts that repeat from record to record are remembered.
 */
import type { Connection, HostIdentity } from "../connection.ts";
import { ECS_VERSION, eventAction, eventOutcome, eventTypes, networkDirection } from "./ecs.ts";
import { quoteJson } from "./escape.ts";
import { eventIdEnd } from "./event_id.ts";
import type { Format } from "./format.ts";
import { JsonWriter, memberName, utf8 } from "./json_writer.ts";
import { lineFrom } from "./line_bytes.ts";
import { writeConnscribe } from "./ndjson_connscribe.ts";
import { writeEnds } from "./ndjson_ends.ts";
import { processJson } from "./ndjson_process.ts";
import { writeRelated } from "./ndjson_related.ts";
import { reportJson } from "./ndjson_report.ts";

const TIMESTAMP = utf8('{"@timestamp":');
const EVENT = utf8(',"event":{"id":"');
const START = memberName("start");
const END = memberName("end");
const DURATION = memberName("duration");
const OUTCOME = memberName("outcome", '"');
const ECS = utf8(`"},"ecs":{"version":"${ECS_VERSION}"}`);
const NETWORK = memberName("network", "{");
const TRANSPORT = memberName("transport");
const IANA_NUMBER = memberName("iana_number", '"');
const IPV4 = utf8('"type":"ipv4"');
const IPV6 = utf8('"type":"ipv6"');
const DIRECTION = memberName("direction");
const BYTES = memberName("bytes");
const PACKETS = memberName("packets");
const HOST = memberName("host");
const QUOTE = utf8('"');
const THOUSAND = utf8("000");
const LINE_END = utf8("}\n");

/** What stands between the id and the times, by its types and its action: there are only some. */
const middles = new Map<readonly string[], Map<string, Uint8Array>>();

function eventMiddle(connection: Connection): Uint8Array {
  const types = eventTypes(connection);
  const action = eventAction(connection);
  let ofTypes = middles.get(types);
  if (ofTypes === undefined) middles.set(types, ofTypes = new Map());
  let middle = ofTypes.get(action);
  if (middle === undefined) {
    middle = utf8(
      `","kind":"event","category":["network"],"type":${JSON.stringify(types)},` +
        `"action":"${action}","dataset":"connscribe.connection","module":"connscribe"`,
    );
    ofTypes.set(action, middle);
  }
  return middle;
}

/** The members `@timestamp`, `event` and `ecs`. */
function writeEvent(to: JsonWriter, connection: Connection): void {
  const { start, end, durationUs } = connection;
  to.json(TIMESTAMP);
  to.time(connection.time);
  to.json(EVENT);
  to.text(connection.id);
  to.text(eventIdEnd(connection));
  to.json(eventMiddle(connection));
  if (start !== undefined) {
    to.member(START);
    to.time(start);
  }
  if (end !== undefined) {
    to.member(END);
    to.time(end);
  }
  if (durationUs !== undefined) {
    to.member(DURATION);
    // Nanoseconds, as digits: beyond 2^53 a JavaScript number would not hold them.
    to.integer(durationUs);
    if (durationUs !== 0) to.json(THOUSAND);
  }
  to.member(OUTCOME);
  to.text(eventOutcome(connection.outcome));
  to.json(ECS);
}

/** The member `network`, where something is known of it. */
function writeNetwork(to: JsonWriter, connection: Connection): void {
  const { protocol, protocolNumber, ipVersion } = connection;
  const { bytesIn, bytesOut, packetsIn, packetsOut } = connection;
  const direction = networkDirection(connection);
  const begun = to.end;
  to.member(NETWORK);
  if (protocol !== undefined) {
    to.member(TRANSPORT);
    to.quoted(protocol);
  }
  if (protocolNumber !== undefined) {
    to.member(IANA_NUMBER);
    to.integer(protocolNumber);
    to.json(QUOTE);
  }
  if (ipVersion !== undefined) to.member(ipVersion === 4 ? IPV4 : IPV6);
  if (direction !== undefined) {
    to.member(DIRECTION);
    to.quoted(direction);
  }
  if (bytesIn !== undefined && bytesOut !== undefined) {
    to.member(BYTES);
    to.integer(bytesIn + bytesOut);
  }
  if (packetsIn !== undefined && packetsOut !== undefined) {
    to.member(PACKETS);
    to.integer(packetsIn + packetsOut);
  }
  to.closeUnlessEmpty(begun);
}

let latestHost: HostIdentity | undefined;
let latestHostObject = utf8("");

/** All records of a run are of one host, but not of one object: each batch from a worker has its own. */
function hostObject(host: HostIdentity): Uint8Array {
  if (host === latestHost) return latestHostObject;
  if (host.id !== latestHost?.id || host.name !== latestHost.name) {
    latestHostObject = utf8(`{"id":${quoteJson(host.id)},"name":${quoteJson(host.name)}}`);
  }
  latestHost = host;
  return latestHostObject;
}

const writer = new JsonWriter();

function write(connection: Connection, into: Uint8Array, at: number): number {
  const { host } = connection;
  const process = connection.process && processJson(connection.process);
  writer.begin(into, at);
  writeEvent(writer, connection);
  writeNetwork(writer, connection);
  writeEnds(writer, connection);
  if (process !== undefined) writer.json(process.ecs);
  if (host !== undefined) {
    writer.member(HOST);
    writer.json(hostObject(host));
  }
  writeRelated(writer, connection);
  writeConnscribe(writer, connection, process?.own);
  writer.json(LINE_END);
  return writer.end;
}

/** Creates the format. */
export function createNdjsonFormat(): Format {
  return { line: lineFrom(write), write, report: reportJson };
}
