/** What conntrack says on its standard error (conntrack-tools `src/conntrack.c`, `src/main.c`). */

/** What a line of conntrack's stderr means. */
export type StderrLine =
  /** The socket buffer was full: events are lost, how many is not said. */
  | { readonly kind: "overrun" }
  /** How many events or entries it has shown: the last line of a run, also of one that a signal ended. */
  | { readonly kind: "shown"; readonly count: number }
  /** It has no CAP_NET_ADMIN. */
  | { readonly kind: "not-permitted" }
  /** It has no netlink socket and ends; the line before says why. */
  | { readonly kind: "no-socket" }
  /** It does not know an option or its value and ends: an older version may do without. */
  | { readonly kind: "refused"; readonly option: string }
  /** Explains another line, or is harmless. */
  | { readonly kind: "remark" }
  | { readonly kind: "other" };

const SHOWN = /: (\d+) flow (?:events|entries) have been shown\.$/;
const NOT_PERMITTED = /Operation not permitted|Permission denied|CAP_NET_ADMIN/;
const REFUSED =
  /(?:Bad parameter|(?:unknown|unrecognized|invalid) option) (?:-- )?[`'"]([^`'"]{1,64})/;
const REMARK = /^(?:This message means |Please, check |NOTICE: |Try `|nfct_labelmap_new: )/;

/** Classifies a line of conntrack's stderr, without its line feed. */
export function classifyStderr(line: string): StderrLine {
  if (line.includes("ENOBUFS")) return { kind: "overrun" };
  const shown = SHOWN.exec(line);
  if (shown !== null) return { kind: "shown", count: Number(shown[1]) };
  if (NOT_PERMITTED.test(line)) return { kind: "not-permitted" };
  if (line.includes("Can't open netlink socket")) return { kind: "no-socket" };
  const refused = REFUSED.exec(line);
  if (refused !== null) return { kind: "refused", option: refused[1] ?? "" };
  return { kind: REMARK.test(line) ? "remark" : "other" };
}

/** Lines that are kept, and characters of each. */
const KEPT_LINES = 3;
const KEPT_CHARACTERS = 200;

/** What one run of conntrack has said on its stderr. */
export class StderrSummary {
  /** How often it has said that events are lost. */
  overruns = 0;
  /** It said that it lacks permission. */
  notPermitted = false;
  /** The option that it does not know. */
  refused: string | undefined;
  readonly #onOverrun: () => void;
  #last: string[] = [];

  /** @param onOverrun Is called at once when it says that events are lost. */
  constructor(onOverrun: () => void = () => {}) {
    this.#onOverrun = onOverrun;
  }

  /** Takes note of a line, without its line feed. */
  add(line: string): void {
    const known = classifyStderr(line);
    if (known.kind === "remark" || known.kind === "shown" || line.trim() === "") return;
    this.#last.push(line.slice(0, KEPT_CHARACTERS));
    if (this.#last.length > KEPT_LINES) this.#last.shift();
    if (known.kind === "not-permitted") this.notPermitted = true;
    // conntrack prints the rest of the list from the word that it does not know on.
    if (known.kind === "refused") this.refused = known.option.split(",")[0];
    if (known.kind !== "overrun") return;
    this.overruns++;
    this.#onOverrun();
  }

  /** The last lines that say something, each in quotation marks; empty when there was none. */
  toString(): string {
    return this.#last.map((line) => `"${line}"`).join(", ");
  }
}
