/**
 * What rows share: one program, one direction, one remote end. Little Snitch writes a row for each of
 * these and each interval, so the same ones come again and again; they are made once.
 */
import type {
  Connection,
  HostIdentity,
  RecordedEndpoint,
  RecordedProcess,
} from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import { formatIp, parseIp } from "../../lib/ip.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import type { ColumnName, Columns } from "./columns.ts";
import type { CsvRow } from "./csv_row.ts";
import { FieldCache } from "./field_cache.ts";
import { isIpv4, parseCount, parseUid } from "./values.ts";

/** Columns that make a group. */
const KEY: readonly ColumnName[] = [
  "direction",
  "uid",
  "ipAddress",
  "remoteHostname",
  "protocol",
  "port",
  "connectingExecutable",
  "parentAppExecutable",
];

/** Those of them that make its process. */
const PROCESS_KEY: readonly ColumnName[] = ["uid", "connectingExecutable", "parentAppExecutable"];

/** An end or a process of which nothing is known. */
const NOTHING = {};

/** TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS: readonly number[] = [6, 17, 33, 132, 136];

/** The fields of a record that all rows of a group have. */
export type GroupFields = Pick<
  Connection,
  | "direction"
  | "protocol"
  | "protocolNumber"
  | "ipVersion"
  | "local"
  | "remote"
  | "process"
  | "attribution"
  | "attributionReason"
>;

/** One group. */
export interface Group {
  /** Beginning of the ids of its records: the same for the same group on every run; empty where they have none. */
  readonly prefix: string;
  readonly fields: GroupFields;
}

/** Makes groups of rows, and remembers the latest. */
export class Groups {
  /** What ids of another host or another collector do not begin with. */
  readonly #namespace: string;
  readonly #columns: Columns;
  readonly #groups: FieldCache<Group | undefined>;
  readonly #processes: FieldCache<RecordedProcess>;
  readonly #amountsOnly: boolean;

  /** @param amountsOnly Whether the prefixes are left empty. */
  constructor(host: HostIdentity, columns: Columns, amountsOnly: boolean) {
    this.#amountsOnly = amountsOnly;
    this.#namespace = idPrefix(host.id, "littlesnitch");
    this.#columns = columns;
    this.#groups = new FieldCache(columns, KEY);
    this.#processes = new FieldCache(columns, PROCESS_KEY);
  }

  /** The group of a row; undefined where a field is not what it should be. */
  of(row: CsvRow): Group | undefined {
    return this.#groups.get(row, this.make);
  }

  /** Whether the row has a group. */
  has(row: CsvRow): boolean {
    // What is absent is fine, what is NaN is not.
    const { port = 0, protocol = 0, uid = 0 } = this.#numbers(row);
    return port <= 65535 && protocol <= 255 && !isNaN(uid) &&
      this.#direction(row) !== undefined && (this.#isIpv4(row) || this.#ip(row) !== undefined);
  }

  /** The group of a row, which is not remembered. */
  readonly make = (row: CsvRow): Group | undefined => {
    const direction = this.#direction(row);
    const ip = this.#ip(row);
    if (!this.has(row) || direction === undefined || ip === undefined) return undefined;
    const { port, protocol, uid } = this.#numbers(row);
    const name = row.text(this.#columns.of.remoteHostname);
    const process = this.#processes.get(row, this.#makeProcess);
    const { executable = "", parent } = process;
    const hasPort = port !== undefined &&
      (protocol === undefined ? port > 0 : WITH_PORTS.includes(protocol));
    // Written out: of a million groups, objects that are spread would cost more than all else.
    const remote: Mutable<RecordedEndpoint> = { ip };
    if (hasPort && direction === "egress") remote.port = port;
    if (name !== "") {
      remote.name = name;
      remote.nameSource = "littlesnitch";
    }
    const fields: Mutable<GroupFields> = {
      direction,
      ipVersion: ip.includes(":") ? 6 : 4,
      local: hasPort && direction === "ingress" ? { port } : NOTHING,
      remote,
      attribution: executable === "" ? "none" : "exact",
    };
    if (protocol !== undefined) {
      fields.protocol = protocolKeyword(protocol);
      fields.protocolNumber = protocol;
    }
    if (process !== NOTHING) fields.process = process;
    if (executable === "") fields.attributionReason = "Little Snitch names no executable";
    if (this.#amountsOnly) return { prefix: "", fields };
    const key = [direction, ip, name, executable, parent?.executable ?? "", uid, protocol, port];
    // One text, because each part is hashed by itself.
    return { prefix: idPrefix(this.#namespace, JSON.stringify(key)), fields };
  };

  #numbers(row: CsvRow) {
    const { of } = this.#columns;
    return {
      port: numberIn(row, of.port, parseCount),
      protocol: numberIn(row, of.protocol, parseCount),
      uid: numberIn(row, of.uid, parseUid),
    };
  }

  #direction(row: CsvRow): "ingress" | "egress" | undefined {
    const { direction } = this.#columns.of;
    return row.is(direction, "out") ? "egress" : row.is(direction, "in") ? "ingress" : undefined;
  }

  #isIpv4(row: CsvRow): boolean {
    const { ipAddress } = this.#columns.of;
    return isIpv4(row.bytes, row.start(ipAddress), row.end(ipAddress));
  }

  /** The remote address in its usual form. */
  #ip(row: CsvRow): string | undefined {
    const { ipAddress } = this.#columns.of;
    const text = row.text(ipAddress);
    if (this.#isIpv4(row)) return text;
    const address = parseIp(text);
    return address && formatIp(address);
  }

  /** One object for all rows of a process: so it crosses to the main thread once in a batch. */
  readonly #makeProcess = (row: CsvRow): RecordedProcess => {
    const { of } = this.#columns;
    const { uid } = this.#numbers(row);
    const parent = row.text(of.parentAppExecutable);
    const process: RecordedProcess = {
      ...program(row.text(of.connectingExecutable)),
      ...(uid !== undefined && { uid }),
      ...(parent !== "" && { parent: program(parent) }),
    };
    return Object.keys(process).length > 0 ? process : NOTHING;
  };
}

/** A number; undefined where there is none, `NaN` where something else stands in its place. */
function numberIn(
  row: CsvRow,
  column: number,
  parse: (bytes: Uint8Array, start: number, end: number) => number,
): number | undefined {
  if (row.isEmpty(column)) return undefined;
  return parse(row.bytes, row.start(column), row.end(column));
}

/** A program by its path; nothing where there is none. */
function program(executable: string): { readonly executable?: string; readonly name?: string } {
  if (executable === "") return {};
  const name = executable.slice(executable.lastIndexOf("/") + 1);
  return { executable, ...(name !== "" && { name }) };
}
