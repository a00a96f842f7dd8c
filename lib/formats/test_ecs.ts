/** What a line of the format `ndjson` should say, put together in the plainest way. */
import type { Connection, RecordedEndpoint, RecordedProcess } from "../connection.ts";

type Json = string | number | boolean | undefined | readonly Json[] | { [name: string]: Json };

/** Without the members that are undefined or have no members left. */
function tidy(value: Json): Json {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== "object") return value;
  const members = Object.entries(value)
    .map(([name, member]): [string, Json] => [name, tidy(member)])
    .filter(([, member]) =>
      member !== undefined && !(typeof member === "object" && Object.keys(member).length === 0 &&
        !Array.isArray(member))
    );
  return Object.fromEntries(members);
}

function iso(time: number | undefined): string | undefined {
  if (time === undefined) return undefined;
  const micros = String(time % 1_000_000).padStart(6, "0");
  return new Date(Math.floor(time / 1000)).toISOString().slice(0, 20) + micros + "Z";
}

function text(number: number | undefined): string | undefined {
  return number === undefined ? undefined : String(number);
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function endpoint(end: RecordedEndpoint | undefined): Json {
  return end && { ip: end.ip, port: end.port };
}

function isLocalSource({ initiator, direction, remote }: Connection): boolean {
  if (initiator === "local") return true;
  if (initiator === "remote") return false;
  if (remote === undefined) return false;
  return direction !== "ingress";
}

const TYPES: Record<string, string[]> = {
  open: ["connection", "start"],
  close: ["connection", "end"],
  listen: ["info", "start"],
  update: ["connection", "info"],
  summary: ["connection", "info"],
};

function event(record: Connection): Json {
  const { event: kind, remote, outcome } = record;
  const ofListener = kind === "listen" || (kind === "close" && remote === undefined);
  let type = kind === "close" && ofListener ? ["info", "end"] : TYPES[kind] ?? [];
  if (!ofListener && outcome === "denied") type = [...type, "denied"];
  if (kind === "open" && outcome === "established") type = [...type, "allowed"];
  const action = {
    open: isLocalSource(record) ? "connection_attempted" : "connection_accepted",
    close: ofListener ? "port_closed" : "disconnect_received",
    listen: "port_listening",
    update: "connection_updated",
    summary: "connection_summary",
  }[kind];
  const time = kind === "update" || kind === "summary" ? `-${record.time.toString(36)}` : "";
  return {
    id: `${record.id}-${kind}${time}`,
    kind: record.noteworthy?.length ? "alert" : "event",
    category: ["network"],
    type,
    action,
    dataset: "connscribe.connection",
    module: "connscribe",
    start: iso(record.start),
    end: iso(record.end),
    duration: record.durationUs === undefined ? undefined : record.durationUs * 1000,
    outcome: outcome === "unknown" ? outcome : outcome === "established" ? "success" : "failure",
  };
}

function processObject(process: RecordedProcess | undefined): Json {
  return process && {
    pid: process.pid,
    start: iso(process.start),
    name: process.name,
    entity_id: process.entityId,
    executable: process.executable,
    command_line: process.commandLine?.join(" "),
    args: process.commandLine,
    args_count: process.commandLine?.length,
    user: { id: text(process.uid), name: process.user },
    group: { id: text(process.gid) },
    parent: process.parent && {
      pid: process.parent.pid,
      start: iso(process.parent.start),
      name: process.parent.name,
      executable: process.parent.executable,
      entity_id: process.parent.entityId,
    },
  };
}

/** The object that the line of a record should be read as. */
export function expectedObject(record: Connection): Json {
  const { local, remote, nat, process, socket } = record;
  const fromHere = isLocalSource(record);
  const here = {
    ip: local.ip,
    port: local.port,
    domain: local.name,
    bytes: record.bytesOut,
    packets: record.packetsOut,
  };
  const there = remote && {
    ip: remote.ip,
    port: remote.port,
    domain: remote.name,
    bytes: record.bytesIn,
    packets: record.packetsIn,
  };
  const [source, destination] = fromHere ? [here, there] : [there, here];
  const ips = [local, remote, nat?.source, nat?.destination].map((end) => end?.ip)
    .filter((ip) => ip !== undefined && ip !== "::" && ip !== "0.0.0.0");
  const names = [record.host?.name, remote?.name, local.name].filter((name) => name !== undefined);
  return tidy({
    "@timestamp": iso(record.time),
    event: event(record),
    ecs: { version: "9.0.0" },
    network: {
      transport: record.protocol,
      protocol: record.application,
      iana_number: text(record.protocolNumber),
      type: record.ipVersion && `ipv${record.ipVersion}`,
      direction: { egress: "egress", ingress: "ingress", local: "internal", unknown: undefined }[
        record.direction
      ],
      bytes: sum(record.bytesIn, record.bytesOut),
      packets: sum(record.packetsIn, record.packetsOut),
    },
    source: source && { ...source, nat: endpoint(nat?.source) },
    destination: destination && { ...destination, nat: endpoint(nat?.destination) },
    process: processObject(process),
    user: { id: text(process?.uid), name: process?.user },
    container: { id: process?.containerId },
    host: record.host && {
      id: record.host.id,
      name: record.host.name,
      os: { type: record.host.os },
    },
    rule: record.noteworthy && {
      name: record.noteworthy.map(({ rule }) => rule),
      description: record.noteworthy.map(({ reason }) => reason),
    },
    related: {
      hosts: names.length > 0 ? [...new Set(names)] : undefined,
      ip: ips.length > 0 ? [...new Set(ips)] : undefined,
      user: process?.user === undefined ? undefined : [process.user],
    },
    connscribe: {
      connection: { id: record.id },
      event: record.event,
      direction: record.direction,
      outcome: record.outcome,
      collector: record.collector,
      attribution: { kind: record.attribution, reason: record.attributionReason },
      initiator: record.initiator,
      state: record.state,
      preexisting: record.preexisting,
      icmp: { type: record.icmp?.type, code: record.icmp?.code },
      netns: record.netns,
      socket: socket && { type: socket.type, inode: socket.inode, uid: socket.uid },
      remote: { name_source: remote?.nameSource },
      count: record.count,
      denied: record.denied,
      first: iso(record.first),
      last: iso(record.last),
      records: record.records,
      remotes: record.remotes,
      samples: record.samples,
      other: record.other,
      unit: process?.unit,
      user_unit: process?.userUnit,
      cgroup: process?.cgroup,
      process: { command_line_bytes: process?.commandLineBytes, netns: process?.netns },
    },
  });
}
