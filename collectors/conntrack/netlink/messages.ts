/** Messages of a netlink datagram (netlink(7), `linux/netlink.h`, `linux/netfilter/nfnetlink.h`). */

/** Types below 16 are those of netlink itself. */
export const MESSAGE = {
  /** Holds a negative error number, or 0: the request was carried out. */
  error: 2,
  /** End of an answer in several parts; holds a negative error number where it could not be finished. */
  done: 3,
} as const;

/** Flags of a message's header. */
export const FLAG = {
  request: 0x001,
  /** The table changed while it was read: the parts may not fit together. */
  dumpInterrupted: 0x010,
  /** Of a request: the whole table. */
  dump: 0x300,
  /** Of an event: the entry is a new one. */
  create: 0x400,
} as const;

/** Size of `struct nlmsghdr`. */
export const HEADER_SIZE = 16;

/** One message, as far as its header tells. */
export interface Message {
  readonly view: DataView;
  readonly type: number;
  readonly flags: number;
  /** Number of the request that this answers. */
  readonly sequence: number;
  /** Port id of the socket whose request this answers, or whose request caused the event; 0: none. */
  readonly portid: number;
  /** Where the payload begins and ends. */
  readonly from: number;
  readonly to: number;
}

/** The messages of one datagram after another, all in the same buffer. */
export class Messages implements Message {
  readonly view: DataView;
  type = 0;
  flags = 0;
  sequence = 0;
  portid = 0;
  from = 0;
  to = 0;
  /** The datagram does not consist of whole messages: there are no more in it. */
  bad = false;
  #next = 0;
  #end = 0;

  constructor(buffer: Uint8Array) {
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  /** Begins with a datagram that takes up the first `length` bytes of the buffer. */
  begin(length: number): void {
    this.#next = 0;
    this.#end = Math.min(length, this.view.byteLength);
    this.bad = false;
  }

  /** Steps to the next message; false when there is none. */
  next(): boolean {
    const { view } = this;
    const at = this.#next;
    if (at >= this.#end) return false;
    const length = at + HEADER_SIZE > this.#end ? 0 : view.getUint32(at, true);
    if (length < HEADER_SIZE || at + length > this.#end) {
      this.bad = true;
      this.#next = this.#end;
      return false;
    }
    this.type = view.getUint16(at + 4, true);
    this.flags = view.getUint16(at + 6, true);
    this.sequence = view.getUint32(at + 8, true);
    this.portid = view.getUint32(at + 12, true);
    this.from = at + HEADER_SIZE;
    this.to = at + length;
    this.#next = at + ((length + 3) & ~3);
    return true;
  }
}

/**
 * Error number that an `error` or `done` message holds, positive as in errno(3); 0 where it holds none.
 */
export function errorNumber({ view, from, to }: Message): number {
  return to - from >= 4 ? -view.getInt32(from, true) : 0;
}
