/** Remembers what was made of a few bytes, so that what repeats is made once. */

/** Places of the table, a power of two. */
const SLOTS = 16_384;

/** Longer keys are not kept, bytes. All keys lie in one array of so much for each place. */
const MAX_KEY = 512;

/**
 * Values by the bytes that they are made of. Of two keys that fall on the same place, the later one is
 * kept: so the memory is bounded, and a value may be made again at any time.
 */
export class ByteCache<T> {
  readonly #keys = new Uint8Array(SLOTS * MAX_KEY);
  readonly #lengths = new Uint16Array(SLOTS);
  readonly #values: ({ readonly value: T } | undefined)[] = new Array(SLOTS).fill(undefined);

  /**
   * The value of `bytes` from `start` up to `end`.
   *
   * @param make Makes it. The same bytes must always give the same value.
   */
  get(
    bytes: Uint8Array,
    start: number,
    end: number,
    make: (bytes: Uint8Array, start: number, end: number) => T,
  ): T {
    const length = end - start;
    if (length > MAX_KEY) return make(bytes, start, end);
    // FNV-1a, with a last step that brings the upper bits down.
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const found = this.#values[slot];
    if (found !== undefined && this.#isKey(slot, bytes, start, length)) return found.value;
    const value = make(bytes, start, end);
    this.#values[slot] = { value };
    this.#lengths[slot] = length;
    const at = slot * MAX_KEY;
    for (let i = 0; i < length; i++) this.#keys[at + i] = bytes[start + i] ?? 0;
    return value;
  }

  #isKey(slot: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const at = slot * MAX_KEY;
    for (let i = 0; i < length; i++) if (this.#keys[at + i] !== bytes[start + i]) return false;
    return true;
  }
}
