/**
 * The anchor of a chain: says in a file of its own how far the chain has come, so that lines cannot be cut
 * off at its end without a trace, and which line is the first one that must be there: those before were in
 * files that were removed for their age or size. One line of JSON: `n` and `mac` of the last line that is on
 * the disk, the number `first`, and `proof`, the mac of `chain anchor N from FIRST` behind that mac.
 */
import type { StoredFile, System } from "../system.ts";
import { type ChainState, NEW_CHAIN } from "./link.ts";
import { type Mac, MAC_LENGTH } from "./mac.ts";

const encoder = new TextEncoder();

const ANCHOR = new RegExp(
  `^\\{"n":(0|[1-9]\\d{0,15}),"first":([1-9]\\d{0,15}),"mac":"([0-9a-f]{${MAC_LENGTH}}|)","proof":"([0-9a-f]{${MAC_LENGTH}})"\\}\\n`,
);

/** Path of the anchor of a file. Hidden: patterns of logs do not mean it. */
export function anchorOfFile(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}.${path.slice(slash)}.chain`;
}

/** Path of the anchor of a directory of segments. */
export function anchorOfSegments(directory: string): string {
  return `${directory === "/" ? "" : directory}/.connscribe.chain`;
}

/**
 * Path of the anchor of a log in a directory, by its name: that of the file which it was before it was
 * rotated, else that of the segments. Undefined where there is none.
 *
 * @param names All names in the directory.
 */
export function anchorNameOf(log: string, names: readonly string[]): string | undefined {
  let longest = "";
  for (const name of names) {
    const isMeant = name.startsWith(".") && name.endsWith(".chain") &&
      log.startsWith(name.slice(1, -6));
    if (isMeant && name.length > longest.length) longest = name;
  }
  return longest === "" ? undefined : longest;
}

/** What an anchor says. */
export interface AnchorState extends ChainState {
  /** Number of the first line that must be there. */
  readonly first: number;
}

function proofOf(mac: Mac, { n, mac: last, first }: AnchorState): string {
  return mac.of(last, encoder.encode(`chain anchor ${n} from ${first}`));
}

/** What an anchor says; undefined where it was not made with this key, or is damaged. */
export function parseAnchor(bytes: Uint8Array, mac: Mac): AnchorState | undefined {
  const text = new TextDecoder().decode(bytes.subarray(0, 200));
  const [, n = "", first = "", last = "", proof] = ANCHOR.exec(text) ?? [];
  const state = { n: Number(n), mac: last, first: Number(first) };
  return proof !== undefined && proof === proofOf(mac, state) ? state : undefined;
}

/** An anchor that is kept. */
export class Anchor {
  readonly #file: StoredFile;
  readonly #mac: Mac;
  #saved: AnchorState | undefined;

  private constructor(file: StoredFile, mac: Mac) {
    this.#file = file;
    this.#mac = mac;
  }

  /** Opens or makes it, and says in it how far the chain is. Throws as {@linkcode System.openStored} does. */
  static open(
    system: Pick<System, "openStored">,
    path: string,
    mac: Mac,
    state: AnchorState,
  ): Anchor {
    const file = system.openStored(path, 0o640);
    try {
      const anchor = new Anchor(file, mac);
      anchor.save(state);
      return anchor;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Writes down how far the chain is, unless that stands there. The lines themselves are on the disk. What is
   * written is shorter than a sector and begins with one, so a kill or a crash leaves it whole or as it was.
   */
  save({ n, mac, first }: AnchorState): void {
    const saved = this.#saved;
    if (saved?.n === n && saved.mac === mac && saved.first === first) return;
    const proof = proofOf(this.#mac, { n, mac, first });
    const text = `{"n":${n},"first":${first},"mac":"${mac}","proof":"${proof}"}\n`;
    this.#file.writeAt(0, encoder.encode(text));
    this.#saved = { n, mac, first };
  }

  close(): void {
    this.#file.close();
  }
}

/** What the anchor at a path says: `none` where there is no such file, or it is empty. */
export function readAnchor(
  system: Pick<System, "readFile">,
  path: string,
  mac: Mac,
): AnchorState | "none" | "wrong" {
  let bytes: Uint8Array;
  try {
    bytes = system.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw error;
  }
  return bytes.length === 0 ? "none" : parseAnchor(bytes, mac) ?? "wrong";
}

/** Where a chain goes on, and what was wrong with that. */
export interface Continuation {
  readonly state: ChainState;
  /** See {@linkcode AnchorState.first}. */
  readonly first: number;
  readonly problem?: string;
}

/**
 * Where a chain goes on.
 *
 * @param anchor What the anchor says.
 * @param last The last line of the log; undefined where it has none.
 * @returns The one that is further, for a run that was killed has not said how far it came. Where lines
 * stand without their anchor a new chain is begun, which `verify` names: to go on would hide what is lost.
 */
export function continuation(
  anchor: AnchorState | "none" | "wrong",
  last: ChainState | undefined,
): Continuation {
  const anew = { state: NEW_CHAIN, first: 1 };
  if (anchor === "wrong") return { ...anew, problem: "is damaged, or of another key" };
  if (anchor === "none") {
    return last === undefined
      ? anew
      : { ...anew, problem: "is not there, but lines of a chain are" };
  }
  const { n, mac, first } = anchor;
  return { state: last !== undefined && last.n > n ? last : { n, mac }, first };
}
