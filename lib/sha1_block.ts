/** SHA-1 (FIPS 180-4) of what fits into one block: many short messages, one after the other. */
import { _SHA1 } from "@noble/hashes/legacy";

const BLOCK = 64;
/** Of a block: the length of the message in bits, of which its last two bytes are enough here. */
const LENGTH = BLOCK - 2;

/** The longest message, bytes: behind it there must be room for a one and for its length. */
export const LONGEST_MESSAGE = BLOCK - 9;

/**
 * Goes past what the library does to take in messages piece by piece and to leave nothing of them in memory,
 * which takes longer than to hash one block.
 */
export class Sha1Block extends _SHA1 {
  readonly #bytes = new Uint8Array(BLOCK);
  readonly #words = new DataView(this.#bytes.buffer);

  /**
   * Hashes a message into 20 bytes.
   *
   * @param message At most {@linkcode LONGEST_MESSAGE} bytes.
   */
  digestOf(message: Uint8Array, into: Uint8Array): void {
    const bytes = this.#bytes;
    const { length } = message;
    for (let i = 0; i < length; i++) bytes[i] = message[i] ?? 0;
    bytes[length] = 0x80;
    bytes.fill(0, length + 1, LENGTH);
    this.#words.setUint16(LENGTH, length * 8);
    this.set(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
    this.process(this.#words, 0);
    const state = this.get();
    for (let i = 0; i < state.length; i++) putUint32(state[i] ?? 0, into, i * 4);
  }
}

function putUint32(value: number, into: Uint8Array, at: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}
