/** Makes records of what a look has found. */
import type { CollectorOptions } from "../../lib/collector.ts";
import type { Connection, Direction, ProcessIdentity } from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import { isLoopback } from "../../lib/ip.ts";
import { decodeEndpoints } from "../../lib/procfs/net_table.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import type { Socket } from "./sockets.ts";
import { firstEvent, outcomeOf, ownerlessReason, stateName } from "./tables.ts";
import type { Mutable } from "../../lib/mutable.ts";

/** The process of a socket, or why there is none. */
export type Owner = ProcessIdentity | string;

/** What the memory knows of a socket's surroundings. */
export interface Surroundings {
  isListened(socket: Socket): boolean;
  hasMirror(socket: Socket): boolean;
}

/** Makes the records of one run. */
export class RecordMaker {
  readonly #options: CollectorOptions;
  readonly #bootId: string;
  readonly #prefixes = new Map<number, string>();

  /** @param bootId `/proc/sys/kernel/random/boot_id`, "" where it cannot be read. */
  constructor(options: CollectorOptions, bootId: string) {
    this.#options = options;
    this.#bootId = bootId;
  }

  /**
   * The record of a socket's first sight.
   *
   * @param time When it was seen, microseconds since the epoch.
   * @param preexisting Whether it may have been there before the collector started.
   */
  first(
    socket: Socket,
    owner: Owner,
    around: Surroundings,
    time: number,
    preexisting: boolean,
  ): Connection {
    const { table, connected, inode } = socket;
    const { local, remote, ipVersion } = decodeEndpoints(socket.tuple);
    const raw = table.type === "raw";
    const number = raw ? local.port : table.protocolNumber;
    const withPorts = table.type !== "raw" && number !== 1 && number !== 58;
    const event = firstEvent(socket.state, connected);
    const record: Mutable<Connection> = {
      id: this.#id(socket, time),
      event,
      time,
      direction: "unknown",
      outcome: outcomeOf(table.type, socket.state, connected),
      protocol: protocolKeyword(number),
      protocolNumber: number,
      ipVersion,
      local: withPorts ? local : { ip: local.ip },
      socket: inode === 0 ? { type: table.type } : { inode, type: table.type, uid: socket.uid },
      attribution: "none",
      collector: "proc",
      host: this.#options.host,
    };
    if (preexisting) record.preexisting = true;
    // A connection whose first sight is its end began at an unknown time.
    if (event === "close") record.end = time;
    else if (!preexisting) record.start = time;
    if (connected) {
      record.remote = withPorts ? remote : { ip: remote.ip };
      const initiator = around.isListened(socket) ? "remote" : "local";
      record.initiator = initiator;
      record.direction = direction(socket, local.ip, remote.ip, initiator, around);
    }
    const state = stateName(socket.state);
    if (state !== undefined) record.state = state;
    if (socket.netns !== 0) record.netns = socket.netns;
    if (typeof owner === "string") {
      record.attributionReason = owner;
    } else {
      record.attribution = "exact";
      record.process = owner;
    }
    return record;
  }

  /** The record of a change: a late owner, a completed handshake. Undefined if nothing that matters changed. */
  update(socket: Socket, owner: Owner, time: number): Connection | undefined {
    const { record } = socket;
    if (record === undefined) return undefined;
    const outcome = outcomeOf(socket.table.type, socket.state, socket.connected);
    const settled = record.outcome === "unknown" && outcome !== "unknown";
    const found = record.process === undefined && typeof owner !== "string";
    if (!settled && !found) return undefined;
    const state = stateName(socket.state);
    const { type } = socket.table;
    return {
      ...record,
      event: "update",
      time,
      outcome: settled ? outcome : record.outcome,
      ...(state !== undefined && { state }),
      ...(socket.inode !== 0 && { socket: { inode: socket.inode, type, uid: socket.uid } }),
      ...(found && {
        process: owner,
        attribution: "late",
        attributionReason: `first ${record.attributionReason ?? "unknown"}`,
      }),
    };
  }

  /** The record of a socket's end. */
  close(socket: Socket, time: number): Connection | undefined {
    const { record } = socket;
    if (record === undefined) return undefined;
    const state = stateName(socket.state);
    return {
      ...record,
      event: "close",
      time,
      end: time,
      ...(record.start !== undefined && { durationUs: time - record.start }),
      ...(state !== undefined && { state }),
    };
  }

  /**
   * Inode numbers are unique until 2^32 sockets and pipes were made, and one datagram socket may be
   * connected to one peer after the other: so the addresses count too. Sockets without an inode are told
   * apart by their first sight.
   */
  #id(socket: Socket, time: number): string {
    let prefix = this.#prefixes.get(socket.netns);
    if (prefix === undefined) {
      prefix = idPrefix(this.#options.host.id, this.#bootId, "proc", String(socket.netns));
      this.#prefixes.set(socket.netns, prefix);
    }
    const { inode, tuple } = socket;
    const key = inode === 0 ? time : inode;
    const blank = tuple.indexOf(" ");
    const ends = `${dotted(tuple.slice(0, blank))}-${dotted(tuple.slice(blank + 1))}`;
    return `${prefix}-${key.toString(36)}-${ends}`;
  }
}

/** `ADDRESS.PORT` of `ADDRESS:PORT`, where the port has four digits. */
function dotted(end: string): string {
  return `${end.slice(0, -5)}.${end.slice(-4)}`;
}

function direction(
  socket: Socket,
  localIp: string,
  remoteIp: string,
  initiator: "local" | "remote",
  around: Surroundings,
): Direction {
  if (isLoopback(remoteIp) || localIp === remoteIp || around.hasMirror(socket)) return "local";
  return initiator === "remote" ? "ingress" : "egress";
}

/** Why a socket has no process where some may not be looked into. */
export const NOT_PERMITTED = "not permitted to look into every process";

/**
 * Why a socket has no process, when no walk can find one.
 *
 * @param hidden Whether there are processes that may not be looked into.
 */
export function withoutOwner(socket: Socket, hidden: boolean): string {
  if (socket.inode === 0) return ownerlessReason(socket.state);
  return hidden ? NOT_PERMITTED : "no process holds it";
}
