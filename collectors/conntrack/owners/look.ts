/** One look at the socket tables: every table is read at most once, when it is first asked for. */
import type { ProcessIdentity } from "../../../lib/connection.ts";
import { SOCKET_TABLES, type SocketTable } from "../../proc/tables.ts";
import { STATE } from "../../../lib/tcp_states.ts";
import type { RowKey } from "./keys.ts";
import type { NetNamespace } from "./netns.ts";

/** A socket in the tables. */
export interface SocketRow {
  readonly table: SocketTable;
  /** Addresses and ports as the kernel prints them. */
  readonly key: string;
  readonly state: number;
  /** Inode number on sockfs; 0 when no file refers to the socket. */
  readonly inode: number;
  readonly uid: number;
  /** Inode number of its network namespace. */
  readonly netns: number;
  /** Its holder, where that is known already. */
  readonly process?: ProcessIdentity;
}

/** What sockets are looked for in: the tables as they are, or what is remembered of them. */
export interface Sockets {
  /** All rows with that key; several sockets may share one. Without those in TIME_WAIT. */
  rows(namespace: NetNamespace, key: RowKey): readonly SocketRow[];
}

type Index = ReadonlyMap<string, readonly SocketRow[]>;

const NONE: readonly SocketRow[] = [];
const EMPTY: Index = new Map();
const TABLES = new Map(SOCKET_TABLES.map((table) => [table.file, table]));

/** Everything in a table that is a socket still: what is in TIME_WAIT is none. */
function indexOf(namespace: NetNamespace, file: string): Index {
  const table = TABLES.get(file);
  const bytes = table && namespace.table(file);
  if (table === undefined || bytes === undefined) return EMPTY;
  const index = new Map<string, SocketRow[]>();
  table.scan(bytes, ({ key, state, inode, uid }) => {
    if (state === STATE.timeWait) return;
    const row = { table, key, state, inode, uid, netns: namespace.inode };
    const others = index.get(key);
    if (others === undefined) index.set(key, [row]);
    else others.push(row);
  });
  return index;
}

/** A look. */
export class Look implements Sockets {
  /** When it began: every socket in it was there at that time or later. */
  readonly began: number;
  readonly #indexes = new Map<NetNamespace, Map<string, Index>>();

  /** @param began Microseconds since the epoch. */
  constructor(began: number) {
    this.began = began;
  }

  rows(namespace: NetNamespace, { file, key }: RowKey): readonly SocketRow[] {
    let indexes = this.#indexes.get(namespace);
    if (indexes === undefined) this.#indexes.set(namespace, indexes = new Map());
    let index = indexes.get(file);
    if (index === undefined) indexes.set(file, index = indexOf(namespace, file));
    // Most tables are empty: to look a long key up in one takes as long as in a full one.
    return index.size === 0 ? NONE : index.get(key) ?? NONE;
  }

  /** The tables that were read: `NETNS/FILE` and all rows. */
  *tables(): Iterable<readonly [name: string, rows: Iterable<readonly SocketRow[]>]> {
    for (const [namespace, indexes] of this.#indexes) {
      for (const [file, index] of indexes) yield [`${namespace.inode}/${file}`, index.values()];
    }
  }
}
