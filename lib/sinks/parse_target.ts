/** Reads what `--out` says: which format goes where. */
import { FORMAT_CHOICES, type FormatName, formatNamed } from "../formats/names.ts";
import { isSyslogTarget, parseSyslogTarget, type SyslogTarget } from "./syslog/target.ts";

/** Where a sink writes to. */
export type OutTarget =
  | { readonly kind: "stdout" }
  /** One file. */
  | { readonly kind: "file"; readonly path: string }
  /** A directory of segments; the path is without slashes at its end. */
  | { readonly kind: "segments"; readonly path: string }
  | { readonly kind: "syslog"; readonly target: SyslogTarget };

/** What one `--out` says. */
export interface OutSpec {
  /** Absent: that of `--format`. */
  readonly format?: FormatName;
  readonly target: OutTarget;
}

/**
 * Reads `[FORMAT:]TARGET`. A file whose name looks like something else is written with `./` before it.
 *
 * @param isDirectory Whether there is a directory of that path.
 * @throws {RangeError} that says what is wrong with it.
 */
export function parseTarget(text: string, isDirectory: (path: string) => boolean): OutSpec {
  const prefix = FORMAT_CHOICES.find((name) => text.startsWith(`${name}:`));
  const target = prefix === undefined ? text : text.slice(prefix.length + 1);
  const format = formatNamed(prefix);
  if (target === "") throw new RangeError(`no target stands behind "${text}"`);
  return { ...(format !== undefined && { format }), target: targetOf(target, isDirectory) };
}

function notFormat(prefix: string): string {
  return FORMAT_CHOICES.includes(prefix)
    ? "it has one format at most"
    : `"${prefix}" is none of the formats ${FORMAT_CHOICES.join(", ")}`;
}

function targetOf(text: string, isDirectory: (path: string) => boolean): OutTarget {
  if (text === "-") return { kind: "stdout" };
  if (isSyslogTarget(text)) return { kind: "syslog", target: parseSyslogTarget(text) };
  const [, prefix] = /^([a-z][a-z0-9+-]*):/.exec(text) ?? [];
  if (prefix !== undefined) throw new RangeError(`${notFormat(prefix)}; "./${text}" is a file`);
  if (text.endsWith("/")) return { kind: "segments", path: text.replace(/\/+$/, "") || "/" };
  return { kind: isDirectory(text) ? "segments" : "file", path: text };
}
