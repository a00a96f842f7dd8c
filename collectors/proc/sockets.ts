/** What is known of the host's sockets from one look to the next. It shrinks when sockets go. */
import type { Connection } from "../../lib/connection.ts";
import type { NetRow } from "../../lib/procfs/net_table.ts";
import { type SocketTable } from "./tables.ts";
import { STATE } from "../../lib/tcp_states.ts";

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

/** The sockets of one table of one namespace. */
interface TableMemory {
  readonly netns: number;
  readonly table: SocketTable;
  readonly sockets: Map<string, Socket>;
  /** Ports that are listened on, of this protocol in this namespace; shared by both IP versions. */
  readonly listened: Set<string>;
}

/** What an IPv4-mapped IPv6 address begins with. */
const MAPPED = /(^| )0000000000000000FFFF0000/g;

/** Length of the tuple of an IPv4 socket: twice 8 digits, a colon and 4 digits, with a blank between. */
const IPV4_TUPLE = 27;

/** The tuple with mapped addresses as IPv4. */
function unmapped(tuple: string): string {
  return tuple.length === IPV4_TUPLE ? tuple : tuple.replace(MAPPED, "$1");
}

/** The far end's view of a tuple; mapped addresses count as IPv4. */
export function mirrored(tuple: string): string {
  const plain = unmapped(tuple);
  const blank = plain.indexOf(" ");
  return `${plain.slice(blank + 1)} ${plain.slice(0, blank)}`;
}

/** Name of a table of a namespace. */
export function tableName(netns: number, { file }: SocketTable): string {
  return `${netns}/${file}`;
}

/** Four hexadecimal digits. */
function localPort(tuple: string): string {
  const blank = tuple.indexOf(" ");
  return tuple.slice(blank - 4, blank);
}

/** The memory. */
export class SocketMemory {
  readonly #tables = new Map<string, TableMemory>();
  /** By protocol: the tuples of connected sockets of all namespaces, with how often each is there. */
  readonly #tuples = new Map<number, Map<string, number>>();
  /** By namespace and protocol: the ports that are listened on in this look. */
  readonly #listened = new Map<number, Map<number, Set<string>>>();
  /** Rows of this look that there was no room for. */
  unkept = 0;
  readonly #max: number;
  #size = 0;
  #look = 0;
  #changes: Changes = { fresh: [], changed: [], ended: [] };

  /** @param max How many sockets are known at most. */
  constructor(max: number = Infinity) {
    this.#max = max;
  }

  /** How many sockets are known. */
  get size(): number {
    return this.#size;
  }

  /** Begins a look. */
  begin(): void {
    this.#look++;
    this.#listened.clear();
    this.unkept = 0;
    this.#changes = { fresh: [], changed: [], ended: [] };
  }

  /** Gives what takes note of the rows of one table. */
  table(netns: number, table: SocketTable): (row: NetRow) => void {
    const name = tableName(netns, table);
    const ofNamespace = this.#listened.get(netns) ?? new Map<number, Set<string>>();
    const listened = ofNamespace.get(table.protocolNumber) ?? new Set();
    this.#listened.set(netns, ofNamespace.set(table.protocolNumber, listened));
    const sockets = this.#tables.get(name)?.sockets ?? new Map<string, Socket>();
    const memory: TableMemory = { netns, table, sockets, listened };
    this.#tables.set(name, memory);
    return (row) => this.#see(memory, row);
  }

  #see(memory: TableMemory, row: NetRow): void {
    const { table, sockets } = memory;
    const connected = table.isConnected(row.state);
    let key = connected && table.uniqueTuples ? row.key : inodeKey(row);
    let known = sockets.get(key);
    // On devices of their own (SO_BINDTODEVICE, VRF) several may have one tuple after all.
    if (known !== undefined && differ(known.inode, row.inode)) {
      const twin = sockets.get(inodeKey(row));
      if (twin !== undefined || known.look === this.#look) {
        key = inodeKey(row);
        known = twin;
      }
    }
    if (!connected && table.hasPorts) memory.listened.add(localPort(row.key));
    if (known === undefined || replaced(known, row)) {
      if (known !== undefined) {
        this.#forgetTuple(known);
        if (!known.over) this.#end(known);
      }
      if (known === undefined && this.#size >= this.#max) this.unkept++;
      else this.#add(memory, key, row, connected);
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
   * Ends the look: sockets that it did not see are gone, unless their table could not be read.
   *
   * @param unread Names of tables that are there but could not be read: {@linkcode tableName}.
   */
  finish(unread: ReadonlySet<string>): Changes {
    for (const [name, { sockets }] of this.#tables) {
      if (unread.has(name)) continue;
      for (const [key, socket] of sockets) {
        if (socket.look === this.#look) continue;
        sockets.delete(key);
        this.#size--;
        this.#forgetTuple(socket);
        if (!socket.over) this.#end(socket);
      }
      if (sockets.size === 0) this.#tables.delete(name);
    }
    return this.#changes;
  }

  /** All sockets whose owner is worth another search. */
  *ownerless(maxTries: number): Iterable<Socket> {
    for (const { sockets } of this.#tables.values()) {
      for (const socket of sockets.values()) {
        const { record } = socket;
        if (record && !record.process && socket.inode !== 0 && socket.tries < maxTries) {
          yield socket;
        }
      }
    }
  }

  /** Whether the socket's local port is listened on in its namespace. */
  isListened({ netns, table, tuple }: Socket): boolean {
    const listened = this.#listened.get(netns)?.get(table.protocolNumber);
    return listened !== undefined && listened.has(localPort(tuple));
  }

  /** Whether the far end of the connection is a socket of this host, in whichever namespace. */
  hasMirror({ table, tuple }: Socket): boolean {
    return this.#tuplesOf(table).has(mirrored(tuple));
  }

  #tuplesOf({ protocolNumber }: SocketTable): Map<string, number> {
    let tuples = this.#tuples.get(protocolNumber);
    if (tuples === undefined) this.#tuples.set(protocolNumber, tuples = new Map());
    return tuples;
  }

  #add({ netns, table, sockets }: TableMemory, key: string, row: NetRow, connected: boolean): void {
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
    if (!sockets.has(key)) this.#size++;
    sockets.set(key, socket);
    if (connected) {
      const tuples = this.#tuplesOf(table);
      const tuple = unmapped(row.key);
      tuples.set(tuple, (tuples.get(tuple) ?? 0) + 1);
    }
    this.#changes.fresh.push(socket);
  }

  #forgetTuple({ connected, table, tuple }: Socket): void {
    if (!connected) return;
    const tuples = this.#tuplesOf(table);
    const plain = unmapped(tuple);
    const count = tuples.get(plain) ?? 0;
    if (count > 1) tuples.set(plain, count - 1);
    else tuples.delete(plain);
  }

  #end(socket: Socket): void {
    socket.over = true;
    this.#changes.ended.push(socket);
  }
}

/** Tells sockets with the same addresses and ports apart. */
function inodeKey({ key, inode }: NetRow): string {
  return `${key}/${inode}`;
}

/** Whether the row is of another socket with the same addresses and ports. */
function replaced(known: Socket, row: NetRow): boolean {
  if (known.over) return row.state !== STATE.timeWait;
  return differ(known.inode, row.inode);
}

/** Whether the inodes are of two sockets: 0 says nothing. */
function differ(a: number, b: number): boolean {
  return a !== 0 && b !== 0 && a !== b;
}
