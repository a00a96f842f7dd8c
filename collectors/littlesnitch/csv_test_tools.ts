/** Reads CSV for tests. */
import { type CsvFault, CsvReader } from "./csv.ts";

/** What was read of a stream. */
export interface ReadCsv {
  readonly rows: string[][];
  /** Reason and first line of each row that was dropped. */
  readonly dropped: [CsvFault, string][];
}

/** Reads a text or bytes, in chunks of `size` bytes. */
export function readCsv(
  input: string | Uint8Array,
  { size = 65_536, whole = true }: { readonly size?: number; readonly whole?: boolean } = {},
): ReadCsv {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const rows: string[][] = [];
  const dropped: [CsvFault, string][] = [];
  const reader = new CsvReader({
    row: (row) => rows.push(Array.from({ length: row.length }, (_, i) => row.text(i))),
    dropped: (fault, line) => dropped.push([fault, new TextDecoder().decode(line)]),
  });
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.slice(at, at + size));
  reader.end(whole);
  return { rows, dropped };
}
