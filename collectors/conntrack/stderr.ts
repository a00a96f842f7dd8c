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
