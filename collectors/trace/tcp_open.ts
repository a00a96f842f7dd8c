/** The connections that are open, by their sockets. */
import type { StateEvent } from "./event.ts";
import type { Happening } from "./happening.ts";
import { closing, type Entry, settleEnds } from "./tcp_entry.ts";
import { endsText } from "./tcp_seeds.ts";
import { IPPROTO_TCP } from "./tcp_states.ts";

/** What has begun so shortly before may not be in a table that was read, microseconds. */
const RECENT = 5_000_000;

/** Which connections are open, and where that was looked for. */
export interface SeenSockets {
  /** Texts of `endsText`. */
  readonly open: ReadonlySet<string>;
  /** Inode numbers. */
  readonly namespaces: ReadonlySet<number>;
}

/** A bounded number of entries; an entry that goes is marked as ended. */
export class OpenEntries {
  readonly #max: number;
  readonly #entries = new Map<number, Entry>();
  #forgotten = 0;

  /** @param max How many there are at most: the oldest one gives way. */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many were forgotten because there were too many. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** @param socket The kernel's address of it. */
  get(socket: number): Entry | undefined {
    return this.#entries.get(socket);
  }

  /** Adds an entry; {@linkcode vanish} comes before, where its socket has another one. */
  add(entry: Entry): Entry {
    if (this.#entries.size >= this.#max) {
      const [oldest] = this.#entries.values();
      if (oldest !== undefined) {
        this.end(oldest);
        this.#forgotten++;
      }
    }
    this.#entries.set(entry.socket, entry);
    return entry;
  }

  /** Its end has come. */
  end(entry: Entry): void {
    entry.ended = true;
    this.#entries.delete(entry.socket);
  }

  /** The kernel has given the socket away again: its connection has ended unseen. */
  vanish({ socket, time, boot }: StateEvent, into: Happening[]): void {
    const entry = this.#entries.get(socket);
    if (entry === undefined) return;
    this.end(entry);
    into.push(closing(entry, time, boot));
  }

  /**
   * Ends the TCP connections that are not open any more: their ends were lost. Those of network namespaces
   * that were not looked into stay.
   *
   * @param seen What `readSeeds` has found.
   * @param place When that was: only what began long before is looked at.
   */
  reconcile(
    { open, namespaces }: SeenSockets,
    place: { readonly time: number; readonly boot: number },
    into: Happening[],
  ): void {
    for (const entry of this.#entries.values()) {
      const netns = entry.netns ?? entry.owner.process?.netns;
      if (netns === undefined || !namespaces.has(netns)) continue;
      if (entry.protocol !== IPPROTO_TCP || entry.since > place.boot - RECENT) continue;
      settleEnds(entry);
      if (open.has(endsText(entry.protocol, entry.local, entry.remote))) continue;
      this.end(entry);
      if (entry.opened) into.push(closing(entry, place.time, place.boot));
    }
  }
}
