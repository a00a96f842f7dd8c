/** What is known of the host's sockets from one look to the next. It shrinks when sockets go. */
import type { Connection } from "../../lib/connection.ts";
import type { NetRow } from "../../lib/procfs/net_table.ts";
import { type SocketTable, STATE } from "./tables.ts";

/** One socket in the tables. */
export interface Socket {
  readonly table: SocketTable;
  /** Inode number of its network namespace. */
  readonly netns: number;
  /** Addresses and ports as the kernel prints them. */
  readonly tuple: string;
  readonly connected: boolean;
  state: number;
  /** Inode number on sockfs, 0 when no file refers to it. */
  inode: number;
  uid: number;
  /** As last reported. */
  record?: Connection;
  /** How often its owner was looked for in vain. */
  tries: number;
  /** Its close was reported; the row lingers in TIME_WAIT. */
  over: boolean;
  /** Number of the look that saw it last. */
  look: number;
}

/** What one look changed. */
export interface Changes {
  /** Sockets that were not there before. */
  readonly fresh: Socket[];
  /** Sockets that are still there, with another state or a fresh inode. */
  readonly changed: Socket[];
  /** Sockets that are gone, and those that have entered TIME_WAIT. */
  readonly ended: Socket[];
}

type TableMemory = Map<string, Socket>;

/** The 24 digits that an IPv4-mapped IPv6 address begins with. */
const MAPPED = "0000000000000000FFFF0000";

/** The far end's view of a tuple; mapped addresses count as IPv4. */
export function mirrored(tuple: string): string {
  const { local, remote } = ends(tuple);
  return `${remote} ${local}`;
}

function unmapped(tuple: string): string {
  const { local, remote } = ends(tuple);
  return `${local} ${remote}`;
}

function ends(tuple: string): { local: string; remote: string } {
  const blank = tuple.indexOf(" ");
  const local = tuple.slice(0, blank);
  const remote = tuple.slice(blank + 1);
  return {
    local: local.startsWith(MAPPED) ? local.slice(MAPPED.length) : local,
    remote: remote.startsWith(MAPPED) ? remote.slice(MAPPED.length) : remote,
  };
}

/** The memory. */
export class SocketMemory {
  readonly #tables = new Map<string, TableMemory>();
  /** Tuples of all connected sockets of all namespaces, with how often each is there. */
  readonly #tuples = new Map<string, number>();
  /** Ports that are listened on in this look, as `netns/protocol/port`. */
  #listened = new Set<string>();
  #look = 0;
  #changes: Changes = { fresh: [], changed: [], ended: [] };

  /** How many sockets are known. */
  get size(): number {
    let size = 0;
    for (const table of this.#tables.values()) size += table.size;
    return size;
  }

  /** Begins a look. */
  begin(): void {
    this.#look++;
    this.#listened = new Set();
    this.#changes = { fresh: [], changed: [], ended: [] };
  }

  /** Takes note of one row. */
  see(netns: number, table: SocketTable, row: NetRow): void {
    const connected = table.isConnected(row.state);
    const key = connected && table.uniqueTuples ? row.key : `${row.key}/${row.inode}`;
    const memory = this.#memory(netns, table);
    const known = memory.get(key);
    if (!connected) this.#listened.add(portKey(netns, table, row.key));
    if (known === undefined || replaced(known, row)) {
      if (known !== undefined) {
        this.#forgetTuple(known);
        if (!known.over) this.#end(known);
      }
      this.#add(memory, key, netns, table, row, connected);
      return;
    }
    known.look = this.#look;
    if (known.state === row.state && known.inode === row.inode) return;
    const accepted = known.inode === 0 && row.inode !== 0;
    if (accepted) known.uid = row.uid;
    if (row.inode !== 0) known.inode = row.inode;
    known.state = row.state;
    if (row.state === STATE.timeWait && !known.over) this.#end(known);
    else this.#changes.changed.push(known);
  }

  /**
   * Ends the look: sockets that it did not see are gone, unless their namespace could not be read.
   *
   * @param unread Inode numbers of namespaces that are there but could not be read.
   */
  finish(unread: ReadonlySet<number>): Changes {
    for (const [name, memory] of this.#tables) {
      for (const [key, socket] of memory) {
        if (socket.look === this.#look || unread.has(socket.netns)) continue;
        memory.delete(key);
        this.#forgetTuple(socket);
        if (!socket.over) this.#end(socket);
      }
      if (memory.size === 0) this.#tables.delete(name);
    }
    return this.#changes;
  }

  /** All sockets whose owner is worth another search. */
  *ownerless(maxTries: number): Iterable<Socket> {
    for (const memory of this.#tables.values()) {
      for (const socket of memory.values()) {
        const { record } = socket;
        if (record && !record.process && socket.inode !== 0 && socket.tries < maxTries) {
          yield socket;
        }
      }
    }
  }

  /** Whether the socket's local port is listened on in its namespace. */
  isListened(socket: Socket): boolean {
    return this.#listened.has(portKey(socket.netns, socket.table, socket.tuple));
  }

  /** Whether the far end of the connection is a socket of this host, in whichever namespace. */
  hasMirror(socket: Socket): boolean {
    return this.#tuples.has(`${socket.table.protocolNumber} ${mirrored(socket.tuple)}`);
  }

  #memory(netns: number, table: SocketTable): TableMemory {
    const name = `${netns}/${table.file}`;
    let memory = this.#tables.get(name);
    if (memory === undefined) this.#tables.set(name, memory = new Map());
    return memory;
  }

  #add(
    memory: TableMemory,
    key: string,
    netns: number,
    table: SocketTable,
    row: NetRow,
    connected: boolean,
  ): void {
    const socket: Socket = {
      table,
      netns,
      tuple: row.key,
      connected,
      state: row.state,
      inode: row.inode,
      uid: row.uid,
      tries: 0,
      over: connected && row.state === STATE.timeWait,
      look: this.#look,
    };
    memory.set(key, socket);
    if (connected) {
      const tuple = `${table.protocolNumber} ${unmapped(row.key)}`;
      this.#tuples.set(tuple, (this.#tuples.get(tuple) ?? 0) + 1);
    }
    this.#changes.fresh.push(socket);
  }

  #forgetTuple(socket: Socket): void {
    if (!socket.connected) return;
    const tuple = `${socket.table.protocolNumber} ${unmapped(socket.tuple)}`;
    const count = this.#tuples.get(tuple) ?? 0;
    if (count > 1) this.#tuples.set(tuple, count - 1);
    else this.#tuples.delete(tuple);
  }

  #end(socket: Socket): void {
    socket.over = true;
    this.#changes.ended.push(socket);
  }
}

/** Whether the row is of another socket with the same addresses and ports. */
function replaced(known: Socket, row: NetRow): boolean {
  if (known.over) return row.state !== STATE.timeWait;
  return known.inode !== 0 && row.inode !== 0 && known.inode !== row.inode;
}

function portKey(netns: number, table: SocketTable, tuple: string): string {
  const blank = tuple.indexOf(" ");
  return `${netns}/${table.protocolNumber}/${tuple.slice(tuple.lastIndexOf(":", blank), blank)}`;
}
