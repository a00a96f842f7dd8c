/**
 * The format `ndjson`: one JSON object a line, with the field names of ECS 9, and `connscribe.*` for what
 * ECS does not have. `@timestamp` and `event.id` come first, so that no two files begin alike:
 * forwarders know a file by its first bytes.
 *
 * The text is put together by hand: `JSON.stringify` of an object of this size takes several times as
 * long. Parts that repeat from record to record are remembered.
 */
import type { Connection, HostIdentity, RecordedEndpoint } from "../connection.ts";
import { isoTime } from "../time.ts";
import {
  ECS_VERSION,
  eventAction,
  eventOutcome,
  eventTypes,
  isUnspecified,
  localIsSource,
  networkDirection,
} from "./ecs.ts";
import { quoteJson } from "./escape.ts";
import { eventId } from "./event_id.ts";
import type { Format } from "./format.ts";
import { processJson } from "./ndjson_process.ts";
import { reportJson } from "./ndjson_report.ts";

const COMMA = 44;

/** Nanoseconds as digits: beyond 2^53 a JavaScript number would not hold them. */
function nanoseconds(microseconds: number): string {
  return microseconds === 0 ? "0" : microseconds + "000";
}

function eventObject(connection: Connection): string {
  const { start, end, durationUs } = connection;
  let json = '{"id":' + quoteJson(eventId(connection)) +
    ',"kind":"event","category":["network"],"type":["' + eventTypes(connection).join('","') +
    '"],"action":"' + eventAction(connection) +
    '","dataset":"connscribe.connection","module":"connscribe"';
  if (start !== undefined) json += ',"start":"' + isoTime(start) + '"';
  if (end !== undefined) json += ',"end":"' + isoTime(end) + '"';
  if (durationUs !== undefined) json += ',"duration":' + nanoseconds(durationUs);
  return json + ',"outcome":"' + eventOutcome(connection.outcome) + '"}';
}

/** Empty where nothing is known. */
function networkField(connection: Connection): string {
  const { bytesIn, bytesOut, packetsIn, packetsOut } = connection;
  const direction = networkDirection(connection);
  const { protocol, protocolNumber, ipVersion } = connection;
  let json = "";
  if (protocol !== undefined) json += ',"transport":' + quoteJson(protocol);
  if (protocolNumber !== undefined) json += ',"iana_number":"' + protocolNumber + '"';
  if (ipVersion !== undefined) json += ',"type":"ipv' + ipVersion + '"';
  if (direction !== undefined) json += ',"direction":"' + direction + '"';
  if (bytesIn !== undefined && bytesOut !== undefined) json += ',"bytes":' + (bytesIn + bytesOut);
  if (packetsIn !== undefined && packetsOut !== undefined) {
    json += ',"packets":' + (packetsIn + packetsOut);
  }
  return json === "" ? "" : ',"network":{' + json.slice(1) + "}";
}

/** `"ip":…,"port":…`, without braces. */
function endpointFields({ ip, port }: RecordedEndpoint): string {
  if (ip === undefined) return port === undefined ? "" : '"port":' + port;
  return '"ip":' + quoteJson(ip) + (port === undefined ? "" : ',"port":' + port);
}

/** One end; `bytes` and `packets` are what this end has sent. Undefined where nothing is known of it. */
function endObject(
  endpoint: RecordedEndpoint,
  bytes: number | undefined,
  packets: number | undefined,
  nat: RecordedEndpoint | undefined,
): string | undefined {
  let json = endpointFields(endpoint);
  if (endpoint.name !== undefined) json += ',"domain":' + quoteJson(endpoint.name);
  if (bytes !== undefined) json += ',"bytes":' + bytes;
  if (packets !== undefined) json += ',"packets":' + packets;
  if (nat !== undefined) json += ',"nat":{' + endpointFields(nat) + "}";
  if (json === "") return undefined;
  return "{" + (json.charCodeAt(0) === COMMA ? json.slice(1) : json) + "}";
}

function endObjects(connection: Connection): string {
  const { local, remote, nat, bytesIn, bytesOut, packetsIn, packetsOut } = connection;
  const fromHere = localIsSource(connection);
  const here = fromHere ? nat?.source : nat?.destination;
  const there = fromHere ? nat?.destination : nat?.source;
  const localEnd = endObject(local, bytesOut, packetsOut, here);
  const remoteEnd = remote && endObject(remote, bytesIn, packetsIn, there);
  const source = fromHere ? localEnd : remoteEnd;
  const destination = fromHere ? remoteEnd : localEnd;
  return (source === undefined ? "" : ',"source":' + source) +
    (destination === undefined ? "" : ',"destination":' + destination);
}

/** Empty where nothing is known. */
function relatedField(connection: Connection): string {
  const { local, remote, nat, process, host } = connection;
  const names: string[] = [];
  for (const name of [host?.name, local.name, remote?.name]) {
    if (name !== undefined && !names.includes(name)) names.push(name);
  }
  let json = names.length > 0 ? ',"hosts":[' + names.map(quoteJson).join(",") + "]" : "";
  const ips: string[] = [];
  for (const end of [local, remote, nat?.source, nat?.destination]) {
    const ip = end?.ip;
    if (ip !== undefined && !isUnspecified(ip) && !ips.includes(ip)) ips.push(ip);
  }
  if (ips.length > 0) json += ',"ip":[' + ips.map(quoteJson).join(",") + "]";
  if (process?.user !== undefined) json += ',"user":[' + quoteJson(process.user) + "]";
  return json === "" ? "" : ',"related":{' + json.slice(1) + "}";
}

function connscribeObject(connection: Connection, processFields: string): string {
  const { socket, remote, noteworthy } = connection;
  let json = '{"connection":{"id":' + quoteJson(connection.id) +
    '},"event":"' + connection.event +
    '","direction":"' + connection.direction +
    '","outcome":"' + connection.outcome +
    '","collector":' + quoteJson(connection.collector) +
    ',"attribution":{"kind":"' + connection.attribution + '"';
  if (connection.attributionReason !== undefined) {
    json += ',"reason":' + quoteJson(connection.attributionReason);
  }
  json += "}";
  if (connection.initiator !== undefined) json += ',"initiator":"' + connection.initiator + '"';
  if (connection.state !== undefined) json += ',"state":' + quoteJson(connection.state);
  if (connection.preexisting) json += ',"preexisting":true';
  if (connection.netns !== undefined) json += ',"netns":' + connection.netns;
  if (socket !== undefined) {
    json += ',"socket":{"type":"' + socket.type + '"';
    if (socket.inode !== undefined) json += ',"inode":' + socket.inode;
    if (socket.uid !== undefined) json += ',"uid":' + socket.uid;
    json += "}";
  }
  if (remote?.nameSource !== undefined) {
    json += ',"remote":{"name_source":' + quoteJson(remote.nameSource) + "}";
  }
  if (connection.count !== undefined) json += ',"count":' + connection.count;
  if (connection.denied !== undefined) json += ',"denied":' + connection.denied;
  if (connection.first !== undefined) json += ',"first":"' + isoTime(connection.first) + '"';
  if (connection.last !== undefined) json += ',"last":"' + isoTime(connection.last) + '"';
  if (connection.records !== undefined) json += ',"records":' + connection.records;
  if (connection.remotes !== undefined) json += ',"remotes":' + connection.remotes;
  if (connection.samples !== undefined) {
    json += ',"samples":[' + connection.samples.map(quoteJson).join(",") + "]";
  }
  if (connection.other) json += ',"other":true';
  if (noteworthy !== undefined) {
    json += ',"noteworthy":[' +
      noteworthy.map(({ rule, reason }) =>
        '{"rule":' + quoteJson(rule) + ',"reason":' + quoteJson(reason) + "}"
      ).join(",") + "]";
  }
  return json + processFields + "}";
}

let latestHost: HostIdentity = { id: "", name: "" };
let latestHostObject = "";

/** All records of a run are of one host, but not of one object: each batch from a worker has its own. */
function hostObject(host: HostIdentity): string {
  if (host.id !== latestHost.id || host.name !== latestHost.name || latestHostObject === "") {
    latestHost = host;
    latestHostObject = '{"id":' + quoteJson(host.id) + ',"name":' + quoteJson(host.name) + "}";
  }
  return latestHostObject;
}

function line(connection: Connection): string {
  const process = connection.process && processJson(connection.process);
  return '{"@timestamp":"' + isoTime(connection.time) +
    '","event":' + eventObject(connection) +
    ',"ecs":{"version":"' + ECS_VERSION +
    '"}' + networkField(connection) +
    endObjects(connection) +
    (process === undefined ? "" : process.ecs) +
    (connection.host === undefined ? "" : ',"host":' + hostObject(connection.host)) +
    relatedField(connection) +
    ',"connscribe":' + connscribeObject(connection, process === undefined ? "" : process.own) +
    "}\n";
}

/** Creates the format. */
export function createNdjsonFormat(): Format {
  return { line, report: reportJson };
}
