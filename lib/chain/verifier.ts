/** Verifies the lines of a chain, one after the other. */
import type { AnchorState } from "./anchor.ts";
import { type ChainState, type Link, NEW_CHAIN, parseLink } from "./link.ts";
import type { Mac } from "./mac.ts";
import { isTorn } from "./torn.ts";

/** What is not asked for. */
export interface VerifierOptions {
  /** What the anchor says; absent where there is none. */
  readonly anchor?: AnchorState;
  /** The lines before the first file are elsewhere. */
  readonly allowsLaterStart?: boolean;
  /** The lines behind the last file are elsewhere. */
  readonly allowsEarlierEnd?: boolean;
}

/** What was found besides. */
export interface ChainCounts {
  /** Lines that are as they were written. */
  verified: number;
  /** Lines that stand before the chain begins. */
  before: number;
  /** Lines that were broken off while they were written: a kill, or a full disk. */
  torn: number;
}

/** What is wrong. */
export interface Fault {
  /** A clause. */
  readonly what: string;
  /** Whether it is the line before that is not as it was written: it has lost its link. */
  readonly isBefore: boolean;
}

/** Takes all lines in their order. */
export class Verifier {
  readonly #mac: Mac;
  readonly #options: VerifierOptions;
  readonly counts: ChainCounts = { verified: 0, before: 0, torn: 0 };
  /** Number of the first line of the chain; undefined before it. */
  first: number | undefined;
  #state: ChainState = NEW_CHAIN;
  /** Whether the line before has no link: it was torn, stands before the chain, or was changed. */
  #isAfterOther = false;
  /** Whether the anchor names another record than the one of its number that is here. */
  #isOther = false;

  constructor(mac: Mac, options: VerifierOptions = {}) {
    this.#mac = mac;
    this.#options = options;
  }

  /** The last line that is as it was written. */
  get state(): ChainState {
    return this.#state;
  }

  /**
   * Takes the next line. Returns what is wrong; undefined if nothing is.
   *
   * @param line Without its line feed.
   */
  line(line: Uint8Array): Fault | undefined {
    // A line feed alone ends a line that was torn.
    if (line.length === 0) return undefined;
    const link = parseLink(line);
    const what = link === undefined ? this.#foreign(line) : this.#linked(line, link);
    const isBefore = this.#isAfterOther;
    this.#isAfterOther = link === undefined;
    return what === undefined ? undefined : { what, isBefore };
  }

  #linked(line: Uint8Array, link: Link): string | undefined {
    const isFirst = this.first === undefined;
    const problem = isFirst ? this.#checkFirst(link) : this.#checkNext(link);
    if (problem !== undefined) return problem;
    const previous = isFirst ? link.prev ?? "" : this.#state.mac;
    if (this.#mac.of(previous, line.subarray(0, link.length)) !== link.mac) {
      return `record ${link.n} was changed, or was not written with this key`;
    }
    this.first ??= link.n;
    this.#state = { n: link.n, mac: link.mac };
    this.counts.verified++;
    this.#compareAnchor();
    return undefined;
  }

  /** At the end of all files: what is missing there, as a clause. */
  end(): string | undefined {
    const { anchor, allowsEarlierEnd = false } = this.#options;
    if (this.#isOther) {
      return `record ${anchor?.n} is not the one that the anchor names: this is another log`;
    }
    if (anchor === undefined || allowsEarlierEnd || anchor.n <= this.#state.n) return undefined;
    return `${records(this.#state.n + 1, anchor.n)} missing at the end`;
  }

  /** Lines behind the one that the anchor names: of a run that goes on, or was killed. */
  get behindAnchor(): number {
    return Math.max(0, this.#state.n - (this.#options.anchor?.n ?? this.#state.n));
  }

  /** A line that is not of the chain. */
  #foreign(line: Uint8Array): string | undefined {
    if (isTorn(line)) {
      this.counts.torn++;
      return undefined;
    }
    if (this.first === undefined) {
      this.counts.before++;
      return undefined;
    }
    return `the line is not of the chain: it was added, or changed (record ${
      this.#state.n + 1
    } is expected)`;
  }

  #checkFirst({ n, prev }: Link): string | undefined {
    const { allowsLaterStart = false, anchor } = this.#options;
    const begin = anchor?.first ?? 1;
    if (n > begin && !allowsLaterStart) return `${records(begin, n - 1)} missing before it`;
    if (prev === undefined) {
      return `the file begins with record ${n}, before which there was another one in it`;
    }
    return n === 1 && prev !== "" ? "record 1 was changed" : undefined;
  }

  #checkNext({ n, prev }: Link): string | undefined {
    const { n: last, mac } = this.#state;
    if (n > last + 1) return `${records(last + 1, n - 1)} missing before it`;
    if (n === 1) return `another chain begins here: record ${last + 1} is expected`;
    if (n <= last) {
      return `record ${n} stands here, where record ${
        last + 1
      } is expected: it was moved or put back`;
    }
    return prev !== undefined && prev !== mac
      ? `record ${n} was not written behind the line that is before it`
      : undefined;
  }

  #compareAnchor(): void {
    const { anchor } = this.#options;
    const { n, mac } = this.#state;
    if (anchor?.n === n && anchor.mac !== mac) this.#isOther = true;
  }
}

function records(first: number, last: number): string {
  return first === last ? `record ${first} is` : `records ${first} to ${last} are`;
}
