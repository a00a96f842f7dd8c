/**
 * What rows share: one program, one direction, one remote end. Little Snitch writes a row for each of
 * these and each interval, so the same ones come again and again; they are made once.
 */
import type { Connection, HostIdentity, RecordedProcess } from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import { formatIp, parseIp } from "../../lib/ip.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import { ByteCache } from "./byte_cache.ts";
import type { ColumnName, Columns } from "./columns.ts";
import { type CsvRow, MAX_ROW } from "./csv_row.ts";
import { parseCount, parseUid } from "./values.ts";

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

/** Bytes of the key that tell how long a field is: a row is shorter than 2^24 bytes. */
const LENGTH_BYTES = 3;

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
  /** Beginning of the ids of its records: the same for the same group on every run. */
  readonly prefix: string;
  readonly fields: GroupFields;
}

/** Makes groups of rows, and remembers the latest. */
export class Groups {
  /** What ids of another host or another collector do not begin with. */
  readonly #namespace: string;
  readonly #columns: Columns;
  readonly #key = new Uint8Array(MAX_ROW + KEY.length * LENGTH_BYTES);
  readonly #places: readonly number[];
  readonly #known = new ByteCache<Group | undefined>();

  constructor(host: HostIdentity, columns: Columns) {
    this.#namespace = idPrefix(host.id, "littlesnitch");
    this.#columns = columns;
    this.#places = KEY.map((name) => columns.of[name]).filter((place) => place >= 0);
  }

  /** The group of a row; undefined where a field is not what it should be. */
  of(row: CsvRow): Group | undefined {
    const key = this.#key;
    const { bytes } = row;
    let length = 0;
    for (const place of this.#places) {
      const end = row.end(place);
      let at = row.start(place);
      key[length++] = end - at;
      key[length++] = (end - at) >> 8;
      key[length++] = (end - at) >> 16;
      while (at < end) key[length++] = bytes[at++] ?? 0;
    }
    return this.#known.get(key, 0, length, () => this.#make(row));
  }

  #make(row: CsvRow): Group | undefined {
    const { of } = this.#columns;
    const direction = DIRECTIONS[row.text(of.direction)];
    const address = parseIp(row.text(of.ipAddress));
    const port = numberIn(row, of.port, parseCount);
    const protocol = numberIn(row, of.protocol, parseCount);
    const uid = numberIn(row, of.uid, parseUid);
    if (direction === undefined || address === undefined) return undefined;
    // What is absent is fine, what is NaN is not.
    if (port !== undefined && !(port <= 65535)) return undefined;
    if (protocol !== undefined && !(protocol <= 255)) return undefined;
    if (uid !== undefined && isNaN(uid)) return undefined;
    const ip = formatIp(address);
    const name = row.text(of.remoteHostname);
    const executable = row.text(of.connectingExecutable);
    const parent = row.text(of.parentAppExecutable);
    const process: RecordedProcess = {
      ...program(executable),
      ...(uid !== undefined && { uid }),
      ...(parent !== "" && { parent: program(parent) }),
    };
    const hasPort = port !== undefined &&
      (protocol === undefined ? port > 0 : WITH_PORTS.includes(protocol));
    const ofPort = hasPort ? { port } : {};
    return {
      // One text, because each part is hashed by itself.
      prefix: idPrefix(
        this.#namespace,
        JSON.stringify([direction, ip, name, executable, parent, uid, protocol, port]),
      ),
      fields: {
        direction,
        ...(protocol !== undefined &&
          { protocol: protocolKeyword(protocol), protocolNumber: protocol }),
        ipVersion: address.length === 4 ? 4 : 6,
        local: direction === "ingress" ? ofPort : {},
        remote: {
          ip,
          ...(direction === "egress" && ofPort),
          ...(name !== "" && { name, nameSource: "littlesnitch" }),
        },
        ...(Object.keys(process).length > 0 && { process }),
        ...(executable !== ""
          ? { attribution: "exact" }
          : { attribution: "none", attributionReason: "Little Snitch names no executable" }),
      },
    };
  }
}

const DIRECTIONS: Readonly<Record<string, "ingress" | "egress">> = Object.assign(
  Object.create(null),
  { in: "ingress", out: "egress" },
);

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
