/** What each column of the format `csv` tells of a record: what lib/formats/csv.ts writes, read. */
import type {
  Connection,
  ParentProcess,
  RecordedEndpoint,
  RecordedProcess,
  SocketInfo,
} from "../../lib/connection.ts";
import { unescapeControl } from "../../lib/formats/escape.ts";
import { canonicalIp } from "./canonical_ip.ts";
import { digitsIn, listOf, oneOf, portOf, required, textOf, wrong } from "./checked.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { parseIsoTime } from "./iso_time.ts";
import { ATTRIBUTIONS, DIRECTIONS, EVENTS, INITIATORS, OUTCOMES } from "./record_words.ts";

/** A process that is being put together. */
interface ProcessDraft extends Mutable<Omit<RecordedProcess, "parent">> {
  parent?: Mutable<ParentProcess>;
}

/** A record that is being put together. */
export interface Draft extends Mutable<Partial<Omit<Connection, "local" | "remote" | "process">>> {
  local: Mutable<RecordedEndpoint>;
  remote?: Mutable<RecordedEndpoint>;
  process?: ProcessDraft;
  socketInode?: number;
  socketUid?: number;
}

/** Puts what a cell says into the record. Throws a `TypeError` where it says what it should not. */
export type Column = (draft: Draft, cell: string) => void;

function text(cell: string): string {
  return cell.includes("\\") ? unescapeControl(cell) : cell;
}

function count(cell: string): number {
  return digitsIn(cell) ?? wrong("a number");
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

function commandLine(cell: string): string[] {
  const words: unknown = JSON.parse(cell);
  return required(listOf(words, textOf));
}

/** Where the one rule ends and the next begins cannot be told: the reason of the first has the others. */
function noteworthy(cell: string): NonNullable<Connection["noteworthy"]> {
  const whole = text(cell);
  const colon = whole.indexOf(": ");
  return colon < 0
    ? wrong("a rule and its reason")
    : [{ rule: whole.slice(0, colon), reason: whole.slice(colon + 2) }];
}

function remote(draft: Draft): Mutable<RecordedEndpoint> {
  return draft.remote ??= {};
}

function process(draft: Draft): ProcessDraft {
  return draft.process ??= {};
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
  "protocol_number": (draft, cell) => draft.protocolNumber = count(cell),
  "ip_version": (draft, cell) => draft.ipVersion = version(cell),
  "local_ip": (draft, cell) => draft.local.ip = ip(cell),
  "local_port": (draft, cell) => draft.local.port = port(cell),
  "local_name": (draft, cell) => draft.local.name = text(cell),
  "remote_ip": (draft, cell) => remote(draft).ip = ip(cell),
  "remote_port": (draft, cell) => remote(draft).port = port(cell),
  "remote_name": (draft, cell) => remote(draft).name = text(cell),
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
  samples: (draft, cell) => draft.samples = text(cell).split(" "),
  other: (draft, cell) => draft.other = yes(cell),
  pid: (draft, cell) => process(draft).pid = count(cell),
  "process_start": (draft, cell) => process(draft).start = time(cell),
  "process_name": (draft, cell) => process(draft).name = text(cell),
  executable: (draft, cell) => process(draft).executable = text(cell),
  "command_line": (draft, cell) => process(draft).commandLine = commandLine(cell),
  uid: (draft, cell) => process(draft).uid = count(cell),
  gid: (draft, cell) => process(draft).gid = count(cell),
  user: (draft, cell) => process(draft).user = text(cell),
  "parent_pid": (draft, cell) => parent(draft).pid = count(cell),
  "parent_name": (draft, cell) => parent(draft).name = text(cell),
  "parent_executable": (draft, cell) => parent(draft).executable = text(cell),
  unit: (draft, cell) => process(draft).unit = text(cell),
  "user_unit": (draft, cell) => process(draft).userUnit = text(cell),
  "container_id": (draft, cell) => process(draft).containerId = text(cell),
  "entity_id": (draft, cell) => process(draft).entityId = text(cell),
  netns: (draft, cell) => draft.netns = count(cell),
  "socket_inode": (draft, cell) => draft.socketInode = count(cell),
  "socket_uid": (draft, cell) => draft.socketUid = count(cell),
  attribution: (draft, cell) => draft.attribution = word(ATTRIBUTIONS, cell),
  "attribution_reason": (draft, cell) => draft.attributionReason = text(cell),
  collector: (draft, cell) => draft.collector = text(cell),
  "host_id": (draft, cell) => draft.host = { id: text(cell), name: draft.host?.name ?? "" },
  "host_name": (draft, cell) => draft.host = { id: draft.host?.id ?? "", name: text(cell) },
  noteworthy: (draft, cell) => draft.noteworthy = noteworthy(cell),
};

/** What the column of this name tells; undefined where that is nothing, or nobody knows. */
export function columnOf(name: string): Column | undefined {
  return Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
}

/** The type of a socket follows from its protocol for these; for SCTP and ICMP it may be one or the other. */
function socketType(protocol: string | undefined): SocketInfo["type"] | undefined {
  if (protocol === "tcp") return "stream";
  return protocol === "udp" || protocol === "udplite" ? "dgram" : undefined;
}

function isWhole(draft: Draft): draft is Draft & Connection {
  return draft.id !== undefined && draft.event !== undefined && draft.time !== undefined &&
    draft.direction !== undefined && draft.outcome !== undefined &&
    draft.attribution !== undefined && draft.collector !== undefined;
}

/** The record. Throws a `TypeError` where something is missing that each has. */
export function finish(draft: Draft): Connection {
  const { socketInode, socketUid, host } = draft;
  if (host !== undefined && (host.id === "" || host.name === "")) delete draft.host;
  if (socketInode !== undefined || socketUid !== undefined) {
    delete draft.socketInode;
    delete draft.socketUid;
    const type = socketType(draft.protocol);
    if (type !== undefined) {
      draft.socket = {
        type,
        ...(socketInode !== undefined && { inode: socketInode }),
        ...(socketUid !== undefined && { uid: socketUid }),
      };
    }
  }
  return isWhole(draft) ? draft : wrong("a whole record");
}
