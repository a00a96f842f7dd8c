/** Finds where the frames of a zstd stream end (RFC 8878, section 3.1). */

const FRAME = 0xfd2fb528;

/** Of a skippable frame, but for the last four bits. */
const SKIPPABLE = 0x184d2a50;

/** Whether bytes begin a frame of zstd, by its magic number: its first four bytes. */
export function beginsZstdFrame(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const magic = littleEndian(bytes, 4);
  return magic === FRAME || (magic & 0xfffffff0) === SKIPPABLE;
}

function littleEndian(bytes: Uint8Array, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

/** Bytes that the size of the content and the id of the dictionary take, by their flags. */
const CONTENT_SIZE = [0, 2, 4, 8] as const;
const DICTIONARY_ID = [0, 1, 2, 4] as const;

/** Bytes of a frame's header after its descriptor (3.1.1.1). */
function headerRest(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSize = CONTENT_SIZE[descriptor >> 6] ?? 0;
  const window = isSingleSegment ? 0 : 1;
  const isOneByte = isSingleSegment && contentSize === 0;
  return window + (DICTIONARY_ID[descriptor & 3] ?? 0) + (isOneByte ? 1 : contentSize);
}

/** What is read next, and how many bytes it takes. */
const PARTS = { magic: 4, descriptor: 1, block: 3, skippable: 4 } as const;

/** Walks over the bytes of a stream, which come piece by piece. */
export class ZstdFrames {
  #part: keyof typeof PARTS = "magic";
  readonly #held = new Uint8Array(4);
  #heldLength = 0;
  /** Bytes to pass over before the next part. */
  #over = 0;
  /** Whether the frame ends after them. */
  #isLast = false;
  #hasChecksum = false;
  /** Whether something else than a frame has come. */
  #isBroken = false;

  /** Whether a frame ends after the bytes that were walked over, and the next one has not begun. */
  get isBetween(): boolean {
    return this.#part === "magic" && this.#heldLength === 0 && this.#over === 0;
  }

  /** Walks over bytes to the end of the frame at most. Returns how many: none where they begin no frame. */
  walk(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.#isBroken) {
      if (this.#over > 0) {
        const passed = Math.min(this.#over, bytes.length - at);
        this.#over -= passed;
        at += passed;
      } else {
        this.#held[this.#heldLength++] = bytes[at++] ?? 0;
        if (this.#heldLength === PARTS[this.#part]) {
          this.#heldLength = 0;
          this.#next(littleEndian(this.#held, PARTS[this.#part]));
        }
      }
      if (this.#isLast && this.#over === 0) {
        this.#isLast = false;
        this.#part = "magic";
        return at;
      }
    }
    return this.#isBroken ? 0 : at;
  }

  /** @param value Of the part that has been read. */
  #next(value: number): void {
    switch (this.#part) {
      case "magic":
        if (value === FRAME) this.#part = "descriptor";
        else if ((value & 0xfffffff0) === SKIPPABLE) this.#part = "skippable";
        else this.#isBroken = true;
        return;
      case "skippable":
        this.#over = value;
        this.#isLast = true;
        return;
      case "descriptor":
        this.#over = headerRest(value);
        this.#hasChecksum = (value & 4) !== 0;
        this.#part = "block";
        return;
      case "block":
        this.#block(value);
    }
  }

  /** The header of a block (3.1.1.2). */
  #block(header: number): void {
    const type = (header >> 1) & 3;
    // One byte stands for all of a block of the type RLE.
    this.#over = type === 1 ? 1 : header >> 3;
    if ((header & 1) === 0) return;
    this.#isLast = true;
    if (this.#hasChecksum) this.#over += 4;
  }
}
