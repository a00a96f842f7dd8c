/** The keyed hash of a chain: HMAC-SHA-256 (RFC 2104), cut to 128 bits. */
import type { hash } from "node:crypto";

/** Length of a mac: so many hexadecimal digits. */
export const MAC_LENGTH = 32;

const BLOCK = 64;
const DIGEST = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** Makes macs with one key. */
export class Mac {
  readonly #hash: typeof hash;
  /** The inner block of the key, and then what is hashed. */
  #inner: Uint8Array;
  /** The outer block of the key, and then the digest of the inner message. */
  readonly #outer = new Uint8Array(BLOCK + DIGEST);

  private constructor(key: Uint8Array, hasher: typeof hash) {
    this.#hash = hasher;
    const short = key.length > BLOCK ? hasher("sha256", key, "buffer") : key;
    const block = new Uint8Array(BLOCK);
    block.set(short);
    this.#inner = block.map((byte) => byte ^ INNER_PAD);
    this.#outer.set(block.map((byte) => byte ^ OUTER_PAD));
  }

  /**
   * Makes what makes macs. The hash is that of node:crypto, which takes as long to load as some thousand
   * records take to write, and then a third of the time of one in JavaScript.
   */
  static async load(key: Uint8Array): Promise<Mac> {
    const { hash } = await import("node:crypto");
    return new Mac(key, hash);
  }

  /**
   * The mac of some bytes behind the mac before them.
   *
   * @param previous ASCII. "" where there is none.
   * @param bytes What of a line stands before its mac.
   */
  of(previous: string, bytes: Uint8Array): string {
    const start = BLOCK + previous.length;
    const end = start + bytes.length;
    if (end > this.#inner.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#inner.subarray(0, BLOCK));
      this.#inner = larger;
    }
    for (let i = 0; i < previous.length; i++) this.#inner[BLOCK + i] = previous.charCodeAt(i);
    this.#inner.set(bytes, start);
    // Hexadecimal is what the hash gives soonest.
    this.#outer.subarray(BLOCK).setFromHex(
      this.#hash("sha256", this.#inner.subarray(0, end), "hex"),
    );
    return this.#hash("sha256", this.#outer, "hex").slice(0, MAC_LENGTH);
  }
}
