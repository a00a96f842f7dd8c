/** One object for owners that are the same, of which thousands of open flows may keep one. */
import type { FlowOwner } from "./owners/settle.ts";

/** Owners that are remembered, at most: a power of two. */
const SLOTS = 1024;

function isSame(a: FlowOwner, b: FlowOwner): boolean {
  return a.process === b.process && a.local === b.local && a.direction === b.direction &&
    a.initiator === b.initiator && a.netns === b.netns && a.attribution === b.attribution &&
    a.attributionReason === b.attributionReason && a.socket?.inode === b.socket?.inode &&
    a.socket?.type === b.socket?.type && a.socket?.uid === b.socket?.uid;
}

/** The latest owners. */
export class SharedOwners {
  readonly #latest: (FlowOwner | undefined)[] = new Array(SLOTS).fill(undefined);

  /** The owner itself, or one of the latest that says the same. */
  share(owner: FlowOwner): FlowOwner {
    const slot = (owner.socket?.inode ?? owner.process?.pid ?? 0) & (SLOTS - 1);
    const known = this.#latest[slot];
    if (known !== undefined && isSame(known, owner)) return known;
    this.#latest[slot] = owner;
    return owner;
  }
}
