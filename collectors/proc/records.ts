/** Makes records of what a look has found. */
import type { CollectorOptions } from "../../lib/collector.ts";
import type { Connection, Direction, Endpoint, ProcessIdentity } from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import { isLoopback } from "../../lib/ip.ts";
import { decodeEndpoints } from "../../lib/procfs/net_table.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import type { Socket } from "./sockets.ts";
import { firstEvent, outcomeOf, ownerlessReason, stateName } from "./tables.ts";

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
    const ends = decodeEndpoints(socket.tuple);
    const raw = socket.table.type === "raw";
    const number = raw ? ends.local.port ?? 0 : socket.table.protocolNumber;
    const withPorts = !raw && socket.table.protocolNumber !== 1 &&
      socket.table.protocolNumber !== 58;
    const local = withPorts ? ends.local : { ip: ends.local.ip };
    const remote = withPorts ? ends.remote : { ip: ends.remote.ip };
    const event = firstEvent(socket.state, socket.connected);
    const state = stateName(socket.state);
    const { type } = socket.table;
    return {
      id: this.#id(socket, ends.local, ends.remote, time),
      event,
      time,
      // A connection whose first sight is its end began at an unknown time.
      ...(!preexisting && event !== "close" && { start: time }),
      ...(event === "close" && { end: time }),
      ...(preexisting && { preexisting }),
      ...direction(socket, local, remote, around),
      outcome: outcomeOf(type, socket.state, socket.connected),
      ...(state !== undefined && { state }),
      protocol: protocolKeyword(number),
      protocolNumber: number,
      ipVersion: ends.ipVersion,
      local,
      ...(socket.connected && { remote }),
      socket: socket.inode === 0 ? { type } : { inode: socket.inode, type, uid: socket.uid },
      ...(socket.netns !== 0 && { netns: socket.netns }),
      ...attributed(owner),
      collector: "proc",
      host: this.#options.host,
    };
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
   * Inode numbers are unique until 2^32 sockets and pipes were made; the ports tell apart what comes
   * after that. Sockets without an inode are told apart by their addresses and first sight.
   */
  #id(socket: Socket, local: Endpoint, remote: Endpoint, time: number): string {
    let prefix = this.#prefixes.get(socket.netns);
    if (prefix === undefined) {
      prefix = idPrefix(this.#options.host.id, this.#bootId, "proc", String(socket.netns));
      this.#prefixes.set(socket.netns, prefix);
    }
    const ports = `${(local.port ?? 0).toString(36)}-${(remote.port ?? 0).toString(36)}`;
    return socket.inode !== 0
      ? `${prefix}-${socket.inode.toString(36)}-${ports}`
      : `${prefix}-${idPrefix(prefix, socket.table.file, socket.tuple, String(time))}-${ports}`;
  }
}

/** The attribution of a socket with this owner. */
function attributed(
  owner: Owner,
): Pick<Connection, "attribution" | "attributionReason" | "process"> {
  return typeof owner === "string"
    ? { attribution: "none", attributionReason: owner }
    : { attribution: "exact", process: owner };
}

function direction(
  socket: Socket,
  local: Endpoint,
  remote: Endpoint,
  around: Surroundings,
): { direction: Direction; initiator?: "local" | "remote" } {
  if (!socket.connected) return { direction: "unknown" };
  const initiator = around.isListened(socket) ? "remote" : "local";
  if (isLoopback(remote.ip) || local.ip === remote.ip || around.hasMirror(socket)) {
    return { direction: "local", initiator };
  }
  return { direction: initiator === "remote" ? "ingress" : "egress", initiator };
}

/** Why a socket has no process, when no walk can find one. */
export function withoutOwner(socket: Socket, denied: number): string {
  if (socket.inode === 0) return ownerlessReason(socket.state);
  return denied > 0
    ? `not permitted: ${denied} processes may not be looked into`
    : "no process holds it";
}
