/**
 * Sockets that were there a moment ago, and whose they were: a short connection may be over before its
 * event is read. Of a few seconds only, for addresses and ports are used again.
 */
import type { ProcessIdentity } from "../../../lib/connection.ts";
import { Generations } from "./generations.ts";
import type { Look, SocketRow, Sockets } from "./look.ts";

/** What is not seen again is forgotten after one to two of these, microseconds. */
const GENERATION = 5_000_000;

/** Two looks at a table that are further apart do not tell which sockets are new, microseconds. */
const MAX_PAUSE = 1_000_000;

/** A socket whose holder was seen. */
interface Memory {
  readonly socket: SocketRow;
  /** Until when another process was seen with the same addresses and ports. */
  readonly since: number;
}

function memoryKey(netns: number, file: string, key: string): string {
  return `${netns} ${file} ${key}`;
}

/** The memory. Times are microseconds since the epoch. */
export class SocketPast {
  /** When each socket was seen last, by its inode. */
  readonly #seen = new Generations<number, number>();
  readonly #max: number;
  readonly #held = new Generations<string, Memory>();
  /** When each table was read last. */
  readonly #read = new Generations<string, number>();
  /** When the younger generation began, and the older one: what was before is forgotten. */
  #aged = 0;
  #horizon = 0;
  /** When the latest look began. */
  #latest = 0;

  /** @param max Sockets with a process in a generation, at most. */
  constructor(max: number = Infinity) {
    this.#max = max;
  }

  /**
   * Takes note of all sockets that a look has read.
   *
   * @returns Those that are new since the look before: their events are on the way.
   */
  note(look: Look): SocketRow[] {
    const { began } = look;
    this.#latest = began;
    if (began - this.#aged > GENERATION) this.#age();
    const fresh: SocketRow[] = [];
    for (const [name, index] of look.tables()) {
      const isClose = began - (this.#read.get(name) ?? 0) < MAX_PAUSE;
      this.#read.set(name, began);
      for (const rows of index) {
        for (const row of rows) {
          if (row.inode === 0) continue;
          if (isClose && this.#seen.get(row.inode) === undefined) fresh.push(row);
          this.#seen.set(row.inode, began);
        }
      }
    }
    return fresh;
  }

  /** Remembers whose a socket is that the latest look has seen; undefined if that was not found out. */
  learn(socket: SocketRow, process: ProcessIdentity | undefined): void {
    const key = memoryKey(socket.netns, socket.table.file, socket.key);
    const before = this.#held.get(key);
    const isSame = before?.socket.process?.entityId === process?.entityId;
    const since = isSame ? before?.since : before && this.#seen.get(before.socket.inode);
    const held = process === undefined ? socket : { ...socket, process };
    if (this.#held.size >= this.#max) this.#age();
    this.#held.set(key, { socket: held, since: since ?? 0 });
  }

  /**
   * The sockets of which it is certain that a flow has been theirs: they were seen after it began, and
   * since then no other process with the same addresses and ports.
   *
   * @param start When the flow began; nothing is certain where that is not known.
   */
  at(start: number | undefined): Sockets {
    return {
      rows: (namespace, { file, key }) => {
        if (start === undefined || start < this.#horizon) return [];
        const memory = this.#held.get(memoryKey(namespace.inode, file, key));
        if (memory?.socket.process === undefined || memory.since >= start) return [];
        return (this.#seen.get(memory.socket.inode) ?? 0) >= start ? [memory.socket] : [];
      },
    };
  }

  #age(): void {
    this.#horizon = this.#aged;
    this.#aged = this.#latest;
    this.#seen.age();
    this.#held.age();
    this.#read.age();
  }
}
