/** Makes a log of three columns, `TIME FROM TO`, of any size: the same bytes for the same number of lines. */
import { generator } from "./export_rows.ts";

/** 2019-08-12T22:00:00Z, milliseconds: a whole hour. */
export const BEGIN_MS = 1_565_647_200_000;

/** The time that a log tells of, milliseconds. */
export const SPAN_MS = 86_400_000;

const HOUR_MS = 3_600_000;
const HOSTS = 10_000;

/** One line in so many comes late, by up to so much. */
const LATE = 50;
const MAX_LATE_MS = 300_000;

/** One line in so many is of the host that is the most active of its hour. */
const BUSY = 64;

const BUFFER = 1 << 20;
const STAMP_DIGITS = 13;
const MAX_LINE = 64;

const SYLLABLES = [
  "a",
  "be",
  "ca",
  "di",
  "el",
  "ha",
  "jo",
  "ka",
  "li",
  "ma",
  "na",
  "or",
  "ri",
  "ti",
];
const ENDS = ["an", "as", "ell", "en", "ia", "ik", "in", "na", "on", "y"];

/** 10,000 names of hosts as the log has them: `Matina`. */
export function hostNames(): string[] {
  const random = generator(7);
  const names = new Set<string>();
  while (names.size < HOSTS) {
    const count = 2 + random(2);
    const syllables = Array.from({ length: count }, () => SYLLABLES[random(SYLLABLES.length)]);
    const name = syllables.join("") + ENDS[random(ENDS.length)];
    names.add(name.slice(0, 1).toUpperCase() + name.slice(1));
  }
  return [...names];
}

/** Writes a number of so many digits. */
function writeStamp(bytes: Uint8Array, at: number, stamp: number): void {
  for (let place = at + STAMP_DIGITS - 1; place >= at; place--) {
    const rest = Math.floor(stamp / 10);
    bytes[place] = 0x30 + stamp - rest * 10;
    stamp = rest;
  }
}

/** Writes all bytes. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Writes so many lines, a day in all, in the order of their times but for those that come late. */
export function writeHosts(path: string, lines: number): void {
  const random = generator(1);
  const encoder = new TextEncoder();
  const froms = hostNames().map((name) => encoder.encode(` ${name} `));
  const tos = hostNames().map((name) => encoder.encode(`${name}\n`));
  const bytes = new Uint8Array(BUFFER);
  let length = 0;
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  for (let line = 0; line < lines; line++) {
    const now = Math.floor((line * SPAN_MS) / lines);
    const late = random(LATE) === 0 ? random(MAX_LATE_MS) : 0;
    const busy = Math.floor(now / HOUR_MS) * 7;
    const from = froms[random(BUSY) === 0 ? busy : random(HOSTS)] ?? bytes;
    const to = tos[random(HOSTS)] ?? bytes;
    writeStamp(bytes, length, BEGIN_MS + now - Math.min(late, now));
    bytes.set(from, length + STAMP_DIGITS);
    length += STAMP_DIGITS + from.length;
    bytes.set(to, length);
    length += to.length;
    if (length < BUFFER - MAX_LINE && line + 1 < lines) continue;
    writeAll(file, bytes.subarray(0, length));
    length = 0;
  }
}
