/**
 * The format `zeek`: conn.log of Zeek as its ASCII writer writes it (src/logging/writers/ascii/Ascii.cc):
 * columns apart by tabs, a head that names them, `-` for what is not known.
 *
 * Zeek has one line a connection, written when it has ended. Records are events: open, update and close are a
 * line each with the same `uid`, and the last one says all that those before it say. Where each line counts as a
 * connection (RITA), keep the last one of each `uid`. A listener has no originator, and of a summary there is
 * no column that says how many it stands for.
 *
 * There are no reports: in the middle of a log other lines with `#` than Zeek's own are connections to some
 * readers (ZAT), and before the first connection they spoil the names of the columns to others (RITA).
 */
import type { Column } from "../mapping/field.ts";
import { isoTime } from "../time.ts";
import { escapeHidden } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";
import { lineFrom } from "./line_bytes.ts";
import { mappedTextWriter, textCell, type TextValues, textValues } from "./mapped_text.ts";
import { withAnAddress, type ZeekColumn, zeekColumns, zeekSeconds } from "./zeek_columns.ts";

const SEPARATOR = "\t";
const UNSET = "-";
const EMPTY = "(empty)";

const encoder = new TextEncoder();

/** The bytes of the text in UTF-8, each as `\xHH`. */
function escapeBytes(text: string): string {
  let escaped = "";
  for (const byte of encoder.encode(text)) escaped += "\\x" + byte.toString(16).padStart(2, "0");
  return escaped;
}

/**
 * A text so that it stays in its column, and that what undoes `\xHH` gives it back: escaped are the backslash,
 * what would not show, and the first character of a text that would read as {@linkcode UNSET} or
 * {@linkcode EMPTY}. A lone surrogate is U+FFFD: there are no bytes for it.
 */
function zeekText(text: string): string {
  if (text === "") return EMPTY;
  if (text === UNSET || text === EMPTY) return escapeBytes(text.charAt(0)) + text.slice(1);
  return escapeHidden(text.toWellFormed(), escapeBytes);
}

/** How values of each kind are written. No column is a list. */
const VALUES: TextValues = {
  ...textValues(zeekText),
  time: zeekSeconds,
  duration: zeekSeconds,
  boolean: (is) => is ? "T" : "F",
};

/** What stands before a value: the columns that no record knows, since the last one that some know. */
interface KnownColumn {
  readonly column: Column;
  readonly before: string;
}

/** The columns that records know, and what stands behind the last one. */
function knownColumns(columns: readonly ZeekColumn[]): { known: KnownColumn[]; end: string } {
  const known: KnownColumn[] = [];
  let before = "";
  for (const { column } of columns) {
    if (column === undefined) {
      before += UNSET + SEPARATOR;
    } else {
      known.push({ column, before });
      before = SEPARATOR;
    }
  }
  return { known, end: before.slice(0, -SEPARATOR.length) + "\n" };
}

/** When the output was begun, as in `2026-11-21-02-01-40`. UTC: Zeek has the time zone of the host, unnamed. */
function openTime(now: number): string {
  return isoTime(now).slice(0, 19).replace(/[T:]/g, "-");
}

function headLines(columns: readonly ZeekColumn[], now: number): string {
  const lines = [
    ["#set_separator", ","],
    ["#empty_field", EMPTY],
    ["#unset_field", UNSET],
    ["#path", "conn"],
    ["#open", openTime(now)],
    ["#fields", ...columns.map(({ name }) => name)],
    ["#types", ...columns.map(({ type }) => type)],
  ];
  const separator = `#separator ${escapeBytes(SEPARATOR)}\n`;
  return separator + lines.map((words) => words.join(SEPARATOR) + "\n").join("");
}

/** Creates the format. */
export function createZeekFormat(
  { now, communityIdSeed }: Pick<FormatContext, "now" | "communityIdSeed">,
): Format {
  const columns = zeekColumns();
  const { known, end } = knownColumns(columns);
  const befores = known.map(({ before }) => before);
  const write = mappedTextWriter(
    known.map(({ column }) => column),
    {
      cell: (column, index) => {
        const before = befores[index] ?? "";
        return textCell(column, VALUES, before, before + UNSET);
      },
      end,
    },
    communityIdSeed,
  );
  const told = withAnAddress(write);
  return { header: headLines(columns, now), line: lineFrom(told), write: told };
}
