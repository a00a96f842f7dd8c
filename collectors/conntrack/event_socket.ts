/**
 * The netlink socket on which a conntrack child gets its events: the kernel counts there what it could
 * not deliver. conntrack itself says only that something was lost.
 */
import { netlinkDrops } from "./netlink/drops.ts";

/** How the files of a child are read. */
export interface EventSocketFiles {
  /** /proc/PID/net/netlink; undefined when it cannot be read. */
  netlinkTable(pid: number): Uint8Array | undefined;
  /** Inode numbers of the sockets among the descriptors of a process; none when they cannot be read. */
  socketInodes(pid: number): number[];
}

/** Bits of the multicast groups (linux/netfilter/nfnetlink_compat.h). */
const NEW_AND_DESTROY = 0b101;
const UPDATE = 0b010;

/** What one child after another has lost. */
export class EventSocket {
  readonly #files: EventSocketFiles;
  readonly #groups: number;
  #child: { readonly pid: number; readonly running: boolean } | undefined;
  /** Of the children before this one. */
  #before = 0;
  /** Of this one, when last read. */
  #latest = 0;
  #counted = false;

  /** @param updates Whether the children listen for updates too. */
  constructor(files: EventSocketFiles, updates: boolean) {
    this.#files = files;
    this.#groups = updates ? NEW_AND_DESTROY | UPDATE : NEW_AND_DESTROY;
  }

  /** There is another child. */
  follow(child: { readonly pid: number; readonly running: boolean }): void {
    this.#before += this.#latest;
    this.#latest = 0;
    this.#child = child;
  }

  /** What the child of now has lost; undefined when it has no event socket, or none that can be seen. */
  drops(): number | undefined {
    const child = this.#child;
    if (child === undefined || !child.running) return undefined;
    const table = this.#files.netlinkTable(child.pid);
    if (table === undefined) return undefined;
    const inode = this.#files.socketInodes(child.pid);
    const drops = netlinkDrops(table, { inode, groups: this.#groups });
    if (drops !== undefined) {
      this.#latest = drops;
      this.#counted = true;
    }
    return drops;
  }

  /** What all children have lost; undefined when that could never be read. */
  lost(): number | undefined {
    this.drops();
    return this.#counted ? this.#before + this.#latest : undefined;
  }
}
