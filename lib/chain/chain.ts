/** A chain that goes on: links lines, and knows how many of them were written. */
import { type ChainState, LINK_END, linkHead, MAC_BEGIN, MAX_LINK } from "./link.ts";
import type { Mac } from "./mac.ts";

const LINE_FEED = 0x0a;

/** Links lines. A line counts once it has been written. */
export class Chain {
  readonly #mac: Mac;
  #state: ChainState;
  /** Whether the next line is the first one of a file. */
  #isBeginning = true;
  #buffer = new Uint8Array(0);
  /** The macs of the lines that were linked last. */
  readonly #macs: string[] = [];

  constructor(mac: Mac, state: ChainState) {
    this.#mac = mac;
    this.#state = state;
  }

  /** Of the last line that was written. */
  get state(): ChainState {
    return this.#state;
  }

  /** The next line is the first one of a file. */
  begin(): void {
    this.#isBeginning = true;
  }

  /**
   * Links lines. They follow the last one that {@linkcode Chain.written} has told of.
   *
   * @param lines Whole lines with their line feeds, each a JSON object.
   * @returns The lines with their links; valid until the next call.
   */
  link(lines: Uint8Array): Uint8Array {
    this.#macs.length = 0;
    let { n, mac } = this.#state;
    let size = 0;
    for (let begin = 0; begin < lines.length;) {
      const end = lines.indexOf(LINE_FEED, begin);
      this.#makeRoom(size, size + lines.length - begin + MAX_LINK);
      n++;
      const prev = this.#isBeginning && this.#macs.length === 0 ? mac : undefined;
      const start = size;
      // Without the brace that closes the object: the link does that.
      this.#buffer.set(lines.subarray(begin, end - 1), size);
      size = this.#add(linkHead(n, prev), size + end - 1 - begin);
      mac = this.#mac.of(mac, this.#buffer.subarray(start, size));
      size = this.#add(`${MAC_BEGIN}${mac}${LINK_END}\n`, size);
      this.#macs.push(mac);
      begin = end + 1;
    }
    return this.#buffer.subarray(0, size);
  }

  /** Tells how many of the lines that were linked last have been written whole: the first so many. */
  written(count: number): void {
    const lines = Math.min(count, this.#macs.length);
    const mac = this.#macs[lines - 1];
    if (mac === undefined) return;
    this.#state = { n: this.#state.n + lines, mac };
    this.#isBeginning = false;
  }

  /** @param text ASCII. */
  #add(text: string, at: number): number {
    const buffer = this.#buffer;
    for (let i = 0; i < text.length; i++) buffer[at + i] = text.charCodeAt(i);
    return at + text.length;
  }

  /** Makes the buffer at least so long, and keeps what of it is used. */
  #makeRoom(used: number, length: number): void {
    if (length <= this.#buffer.length) return;
    const larger = new Uint8Array(2 * length);
    larger.set(this.#buffer.subarray(0, used));
    this.#buffer = larger;
  }
}
