/** What each column of the format `csv` tells of a record: what lib/formats/csv.ts writes, read. */
import type {
  Connection,
  Endpoint,
  HostIdentity,
  ParentProcess,
  RecordedEndpoint,
  RecordedProcess,
  SocketInfo,
} from "../../lib/connection.ts";
import { unescapeControl } from "../../lib/formats/escape.ts";
import { canonicalIp } from "./canonical_ip.ts";
import { byteOf, digitsIn, listOf, oneOf, portOf, required, textOf, wrong } from "./checked.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { parseIsoTime } from "./iso_time.ts";
import {
  ATTRIBUTIONS,
  DIRECTIONS,
  EVENTS,
  INITIATORS,
  OUTCOMES,
  SOCKET_TYPES,
} from "../../lib/record_words.ts";

/** A process that is being put together. */
interface ProcessDraft extends Mutable<Omit<RecordedProcess, "parent">> {
  parent?: Mutable<ParentProcess>;
}

/** A record that is being put together. */
export interface Draft extends Mutable<Partial<Omit<Connection, Compound>>> {
  local: Mutable<RecordedEndpoint>;
  remote?: Mutable<RecordedEndpoint>;
  process?: ProcessDraft;
  natSource?: Partial<Mutable<Endpoint>>;
  natDestination?: Partial<Mutable<Endpoint>>;
  icmpDraft?: Partial<Mutable<NonNullable<Connection["icmp"]>>>;
  socketDraft?: Partial<Mutable<SocketInfo>>;
  hostDraft?: Partial<Mutable<HostIdentity>>;
  rules?: readonly string[];
  reasons?: readonly string[];
}

/** Fields that several columns tell. */
type Compound = "local" | "remote" | "process" | "nat" | "icmp" | "socket" | "host" | "noteworthy";

/** Puts what a cell says into the record. Throws a `TypeError` where it says what it should not. */
export type Column = (draft: Draft, cell: string) => void;

function text(cell: string): string {
  return cell.includes("\\") ? unescapeControl(cell) : cell;
}

function count(cell: string): number {
  return digitsIn(cell) ?? wrong("a number");
}

function byte(cell: string): number {
  return required(byteOf(count(cell)));
}

function port(cell: string): number {
  return required(portOf(count(cell)));
}

function time(cell: string): number {
  return parseIsoTime(cell) ?? wrong("a time");
}

function ip(cell: string): string {
  return canonicalIp(cell) ?? wrong("an address");
}

function yes(cell: string): true {
  return cell === "true" || wrong("true");
}

function word<T extends string>(words: readonly T[], cell: string): T {
  return required(oneOf(words, cell));
}

function version(cell: string): 4 | 6 {
  return cell === "4" ? 4 : cell === "6" ? 6 : wrong("an IP version");
}

function list(cell: string): string[] {
  const texts: unknown = JSON.parse(cell);
  return required(listOf(texts, textOf));
}

function remote(draft: Draft): Mutable<RecordedEndpoint> {
  return draft.remote ??= {};
}

function process(draft: Draft): ProcessDraft {
  return draft.process ??= {};
}

function natSource(draft: Draft): Partial<Mutable<Endpoint>> {
  return draft.natSource ??= {};
}

function natDestination(draft: Draft): Partial<Mutable<Endpoint>> {
  return draft.natDestination ??= {};
}

function icmp(draft: Draft): Partial<Mutable<NonNullable<Connection["icmp"]>>> {
  return draft.icmpDraft ??= {};
}

function socket(draft: Draft): Partial<Mutable<SocketInfo>> {
  return draft.socketDraft ??= {};
}

function host(draft: Draft): Partial<Mutable<HostIdentity>> {
  return draft.hostDraft ??= {};
}

function parent(draft: Draft): Mutable<ParentProcess> {
  return process(draft).parent ??= {};
}

const COLUMNS: Readonly<Record<string, Column>> = {
  time: (draft, cell) => draft.time = time(cell),
  event: (draft, cell) => draft.event = word(EVENTS, cell),
  "connection_id": (draft, cell) => draft.id = text(cell),
  start: (draft, cell) => draft.start = time(cell),
  end: (draft, cell) => draft.end = time(cell),
  "duration_us": (draft, cell) => draft.durationUs = count(cell),
  preexisting: (draft, cell) => draft.preexisting = yes(cell),
  direction: (draft, cell) => draft.direction = word(DIRECTIONS, cell),
  initiator: (draft, cell) => draft.initiator = word(INITIATORS, cell),
  outcome: (draft, cell) => draft.outcome = word(OUTCOMES, cell),
  state: (draft, cell) => draft.state = text(cell),
  protocol: (draft, cell) => draft.protocol = text(cell),
  application: (draft, cell) => draft.application = text(cell),
  "protocol_number": (draft, cell) => draft.protocolNumber = count(cell),
  "ip_version": (draft, cell) => draft.ipVersion = version(cell),
  "icmp_type": (draft, cell) => icmp(draft).type = byte(cell),
  "icmp_code": (draft, cell) => icmp(draft).code = byte(cell),
  "local_ip": (draft, cell) => draft.local.ip = ip(cell),
  "local_port": (draft, cell) => draft.local.port = port(cell),
  "local_name": (draft, cell) => draft.local.name = text(cell),
  "remote_ip": (draft, cell) => remote(draft).ip = ip(cell),
  "remote_port": (draft, cell) => remote(draft).port = port(cell),
  "remote_name": (draft, cell) => remote(draft).name = text(cell),
  "remote_name_source": (draft, cell) => remote(draft).nameSource = text(cell),
  "nat_source_ip": (draft, cell) => natSource(draft).ip = ip(cell),
  "nat_source_port": (draft, cell) => natSource(draft).port = port(cell),
  "nat_destination_ip": (draft, cell) => natDestination(draft).ip = ip(cell),
  "nat_destination_port": (draft, cell) => natDestination(draft).port = port(cell),
  "community_id": (draft, cell) => draft.communityId = text(cell),
  "bytes_in": (draft, cell) => draft.bytesIn = count(cell),
  "bytes_out": (draft, cell) => draft.bytesOut = count(cell),
  "packets_in": (draft, cell) => draft.packetsIn = count(cell),
  "packets_out": (draft, cell) => draft.packetsOut = count(cell),
  count: (draft, cell) => draft.count = count(cell),
  denied: (draft, cell) => draft.denied = count(cell),
  first: (draft, cell) => draft.first = time(cell),
  last: (draft, cell) => draft.last = time(cell),
  records: (draft, cell) => draft.records = count(cell),
  remotes: (draft, cell) => draft.remotes = count(cell),
  samples: (draft, cell) => draft.samples = list(cell),
  other: (draft, cell) => draft.other = yes(cell),
  pid: (draft, cell) => process(draft).pid = count(cell),
  "process_start": (draft, cell) => process(draft).start = time(cell),
  "process_name": (draft, cell) => process(draft).name = text(cell),
  executable: (draft, cell) => process(draft).executable = text(cell),
  "command_line": (draft, cell) => process(draft).commandLine = list(cell),
  "command_line_bytes": (draft, cell) => process(draft).commandLineBytes = count(cell),
  uid: (draft, cell) => process(draft).uid = count(cell),
  gid: (draft, cell) => process(draft).gid = count(cell),
  user: (draft, cell) => process(draft).user = text(cell),
  "parent_pid": (draft, cell) => parent(draft).pid = count(cell),
  "parent_start": (draft, cell) => parent(draft).start = time(cell),
  "parent_entity_id": (draft, cell) => parent(draft).entityId = text(cell),
  "parent_name": (draft, cell) => parent(draft).name = text(cell),
  "parent_executable": (draft, cell) => parent(draft).executable = text(cell),
  unit: (draft, cell) => process(draft).unit = text(cell),
  "user_unit": (draft, cell) => process(draft).userUnit = text(cell),
  cgroup: (draft, cell) => process(draft).cgroup = text(cell),
  "process_netns": (draft, cell) => process(draft).netns = count(cell),
  "container_id": (draft, cell) => process(draft).containerId = text(cell),
  "entity_id": (draft, cell) => process(draft).entityId = text(cell),
  netns: (draft, cell) => draft.netns = count(cell),
  "socket_type": (draft, cell) => socket(draft).type = word(SOCKET_TYPES, cell),
  "socket_inode": (draft, cell) => socket(draft).inode = count(cell),
  "socket_uid": (draft, cell) => socket(draft).uid = count(cell),
  attribution: (draft, cell) => draft.attribution = word(ATTRIBUTIONS, cell),
  "attribution_reason": (draft, cell) => draft.attributionReason = text(cell),
  collector: (draft, cell) => draft.collector = text(cell),
  "host_id": (draft, cell) => host(draft).id = text(cell),
  "host_name": (draft, cell) => host(draft).name = text(cell),
  "host_os": (draft, cell) => host(draft).os = text(cell),
  rules: (draft, cell) => draft.rules = list(cell),
  reasons: (draft, cell) => draft.reasons = list(cell),
};

/** What the column of this name tells; undefined where that is nothing, or nobody knows. */
export function columnOf(name: string): Column | undefined {
  return Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
}

/** An address, and a port if there is one. */
function isEndpoint(draft: Partial<Endpoint> | undefined): draft is Endpoint {
  return draft?.ip !== undefined;
}

function natOf({ natSource, natDestination }: Draft): Connection["nat"] {
  const nat = {
    ...(isEndpoint(natSource) && { source: natSource }),
    ...(isEndpoint(natDestination) && { destination: natDestination }),
  };
  return Object.keys(nat).length > 0 ? nat : undefined;
}

/** Each rule has a reason. */
function noteworthyOf({ rules, reasons }: Draft): Connection["noteworthy"] {
  if (rules === undefined || reasons?.length !== rules.length) {
    return rules === undefined && reasons === undefined
      ? undefined
      : wrong("a reason for each rule");
  }
  return rules.map((rule, index) => ({ rule, reason: reasons[index] ?? "" }));
}

function icmpOf({ icmpDraft }: Draft): Connection["icmp"] {
  const type = icmpDraft?.type;
  return type === undefined ? undefined : { ...icmpDraft, type };
}

function socketOf({ socketDraft }: Draft): SocketInfo | undefined {
  const type = socketDraft?.type;
  return type && { ...socketDraft, type };
}

/** A host has both an id and a name. */
function hostOf({ hostDraft }: Draft): HostIdentity | undefined {
  const { id, name } = hostDraft ?? {};
  return id === undefined || name === undefined ? undefined : { ...hostDraft, id, name };
}

function isWhole(draft: Partial<Connection>): draft is Connection {
  return draft.id !== undefined && draft.event !== undefined && draft.time !== undefined &&
    draft.direction !== undefined && draft.outcome !== undefined && draft.local !== undefined &&
    draft.attribution !== undefined && draft.collector !== undefined;
}

/** The record. Throws a `TypeError` where something is missing that each has. */
export function finish(draft: Draft): Connection {
  const [nat, icmp] = [natOf(draft), icmpOf(draft)];
  const [socket, host] = [socketOf(draft), hostOf(draft)];
  const noteworthy = noteworthyOf(draft);
  const { natSource: _source, natDestination: _destination, rules: _rules, ...rest } = draft;
  const { icmpDraft: _icmp, socketDraft: _socket, hostDraft: _host, ...others } = rest;
  const { reasons: _reasons, ...record } = others;
  const whole: Partial<Connection> = {
    ...record,
    ...(nat && { nat }),
    ...(icmp && { icmp }),
    ...(socket && { socket }),
    ...(host && { host }),
    ...(noteworthy && { noteworthy }),
  };
  return isWhole(whole) ? whole : wrong("a whole record");
}
