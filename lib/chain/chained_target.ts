/** A target whose lines are links of a chain, and its anchor. */
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { SegmentReport } from "../report.ts";
import { ioErrorText } from "../sinks/io_error.ts";
import { parseSegmentName } from "../sinks/segment_name.ts";
import type { LineTarget } from "../sinks/target.ts";
import type { AppendFile, FileEnd, Output, System } from "../system.ts";
import {
  Anchor,
  anchorOfFile,
  anchorOfSegments,
  type Continuation,
  continuation,
  readAnchor,
} from "./anchor.ts";
import { Chain } from "./chain.ts";
import { firstNumberOf } from "./head.ts";
import { type ChainState, MAX_LINK } from "./link.ts";
import type { Mac } from "./mac.ts";
import { lastLinkOf } from "./tail.ts";

/** The shortest line of ndjson is longer, bytes. */
const LEAST_LINE = 200;

/** How many segments are looked at for the last line: the last ones may be empty. */
const SEGMENTS = 3;

/** Where the files are. */
export interface ChainPlace {
  readonly kind: "file" | "segments";
  /** Of the file or the directory. */
  readonly path: string;
}

/** The last line of the chain in the files. */
function lastOf(
  { kind, path }: ChainPlace,
  system: Pick<System, "readDir">,
): ChainState | undefined {
  const paths = kind === "file" ? [path, `${path}.1`] : lastSegments(path, system);
  for (const path of paths) {
    const state = lastLinkOf(path);
    if (state !== undefined) return state;
  }
  return undefined;
}

/** Those that are plain, the last one first. */
function lastSegments(directory: string, system: Pick<System, "readDir">): string[] {
  const found: { name: string; sequence: number }[] = [];
  for (const { name } of system.readDir(directory)) {
    const segment = parseSegmentName(name);
    if (segment?.isCompressed === false) found.push({ name, sequence: segment.sequence });
  }
  return found.sort((a, b) => b.sequence - a.sequence).slice(0, SEGMENTS)
    .map(({ name }) => `${directory}/${name}`);
}

/** Gives the outputs of another target. */
export class ChainedTarget implements LineTarget {
  /** Links the lines, whichever output they go to. */
  readonly chain: Chain;
  readonly #target: LineTarget;
  readonly #anchor: Anchor;
  readonly #isSeries: boolean;
  /** What the anchor counts. */
  #sure: ChainState;
  #first: number;

  private constructor(
    target: LineTarget,
    { state, first }: Continuation,
    { mac, anchor, isSeries }: {
      readonly mac: Mac;
      readonly anchor: Anchor;
      readonly isSeries: boolean;
    },
  ) {
    this.#target = target;
    this.chain = new Chain(mac, state);
    this.#anchor = anchor;
    this.#isSeries = isSeries;
    this.#sure = state;
    this.#first = first;
    target.beforeRemoval = (kept) => this.#keep(kept, mac);
  }

  /**
   * Opens the anchor, and goes on with the chain where it ended.
   *
   * @param target Its files are open, and hold nothing that is to be cut off.
   * @param isSeries Whether a run that is broken off is undone by the next one: then the anchor counts
   * only what was committed, for lines that it counts are missed where they are not.
   * @throws {ExitError} 73 where the anchor cannot be written.
   */
  static open(
    target: LineTarget,
    mac: Mac,
    place: ChainPlace,
    isSeries: boolean,
    { system, diag }: { readonly system: System; readonly diag: Pick<Diag, "say"> },
  ): ChainedTarget {
    const path = place.kind === "file" ? anchorOfFile(place.path) : anchorOfSegments(place.path);
    try {
      const going = continuation(readAnchor(system, path, mac), lastOf(place, system));
      const { state, first, problem } = going;
      const anchor = Anchor.open(system, path, mac, { ...state, first });
      if (problem !== undefined) {
        const effect = 'another chain begins, and "verify" will say so';
        diag.say("warning", `the anchor "${path}" of the chain ${problem}: ${effect}`);
      }
      return new ChainedTarget(target, going, { mac, anchor, isSeries });
    } catch (error) {
      throw new ExitError(
        EXIT.cannotCreate,
        `cannot write the anchor "${path}" of the chain: ${ioErrorText(error)}`,
      );
    }
  }

  get name(): string {
    return this.#target.name;
  }

  get beginning(): SegmentReport | undefined {
    return this.#target.beginning;
  }

  /** Of lines without their links: pieces are so small that there is room for these. */
  get pieceSize(): number | undefined {
    return this.#target.pieceSize;
  }

  open(bytes: number): Output | AppendFile {
    return this.#target.open(bytes + Math.ceil(bytes / LEAST_LINE) * MAX_LINK);
  }

  tick(): void {
    this.#target.tick();
    if (!this.#isSeries) this.#save(this.chain.state);
  }

  reopen(): void {
    this.#target.reopen();
  }

  sync(): FileEnd | undefined {
    return this.#target.sync();
  }

  committed(): void {
    this.#save(this.chain.state);
  }

  async close(): Promise<void> {
    try {
      await this.#target.close();
      if (!this.#isSeries) this.#save(this.chain.state);
    } finally {
      this.#anchor.close();
    }
  }

  #save(state: ChainState): void {
    this.#sure = state;
    this.#anchor.save({ ...state, first: this.#first });
  }

  /** Says in the anchor which line will be the first one, before those ahead of it are removed. */
  #keep(kept: readonly string[], mac: Mac): void {
    for (const path of kept) {
      const first = firstNumberOf(path, mac);
      if (first === undefined) continue;
      // Of another chain, or older than what was removed before.
      if (first <= this.#first || first > this.chain.state.n) return;
      this.#first = first;
      try {
        this.#anchor.save({ ...this.#sure, first });
      } catch {
        // On a full disk it is more important that there is room again; it is saved with the next tick.
      }
      return;
    }
  }
}
