/** Attributes of a netlink message: type, length, value, often one inside another (netlink(7)). */

/** Two bits of the type say that the value is nested or in network byte order: both go without saying. */
const TYPE_MASK = 0x3fff;
const HEADER_SIZE = 4;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Takes what an attribute says and puts it into something. */
export type Visit<T> = (attributes: Attributes, into: T) => void;

/**
 * Reads attributes one after the other without making objects for them. What does not fit sets `bad`;
 * then nothing that was read is to be used. Headers are in the byte order of the host (every host that
 * Deno runs on is little-endian), values in that of the network.
 */
export class Attributes {
  /** Type of the attribute that is being visited. */
  type = 0;
  /** Where its value begins and ends. */
  from = 0;
  to = 0;
  bad = false;

  constructor(readonly view: DataView) {}

  /** Visits all attributes between two offsets. */
  walk<T>(from: number, to: number, visit: Visit<T>, into: T): void {
    for (let at = from; at < to;) {
      const length = at + HEADER_SIZE > to ? 0 : this.view.getUint16(at, true);
      if (length < HEADER_SIZE || at + length > to) {
        this.bad = true;
        return;
      }
      this.type = this.view.getUint16(at + 2, true) & TYPE_MASK;
      this.from = at + HEADER_SIZE;
      this.to = at + length;
      visit(this, into);
      at += (length + 3) & ~3;
    }
  }

  /** Visits the attributes inside the one that is being visited. Returns `into`. */
  nested<T>(visit: Visit<T>, into: T): T {
    this.walk(this.from, this.to, visit, into);
    return into;
  }

  u8(): number {
    return this.#holds(1) ? this.view.getUint8(this.from) : 0;
  }

  u16(): number {
    return this.#holds(2) ? this.view.getUint16(this.from) : 0;
  }

  u32(): number {
    return this.#holds(4) ? this.view.getUint32(this.from) : 0;
  }

  /** A number of 64 bits, as near as a double comes to it. */
  u64(): number {
    if (!this.#holds(8)) return 0;
    return this.view.getUint32(this.from) * 2 ** 32 + this.view.getUint32(this.from + 4);
  }

  /** Nanoseconds of 64 bits as microseconds, cut and exact; undefined beyond the exact numbers. */
  microseconds(): number | undefined {
    if (!this.#holds(8)) return undefined;
    const high = this.view.getUint32(this.from);
    // 2 ** 32 is 4,294,967 thousands and 296.
    const rest = high * 296 + this.view.getUint32(this.from + 4);
    const microseconds = high * 4_294_967 + Math.floor(rest / 1000);
    return microseconds <= Number.MAX_SAFE_INTEGER ? microseconds : undefined;
  }

  /** Text up to its final zero; undefined where it is empty or holds control characters. */
  text(): string | undefined {
    const { buffer, byteOffset } = this.view;
    let { to } = this;
    while (to > this.from && this.view.getUint8(to - 1) === 0) to--;
    const text = decoder.decode(new Uint8Array(buffer, byteOffset + this.from, to - this.from));
    return /^\P{Cc}+$/u.test(text) ? text : undefined;
  }

  #holds(size: number): boolean {
    if (this.to - this.from >= size) return true;
    this.bad = true;
    return false;
  }
}
