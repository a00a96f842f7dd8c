/** Fields of logs that are plain text: numbers, ends of connections, escaped names. */
import type { RecordedEndpoint } from "../../lib/connection.ts";
import { unescapeControl } from "../../lib/formats/escape.ts";
import { canonicalIp } from "./canonical_ip.ts";
import { digitsIn } from "./checked.ts";

/** Why there is no process behind a record of a log that names none. */
export const NO_PROCESS = "the log names no process";

/** Stands for what is not known. */
export const UNKNOWN = "-";

const ZERO = 0x30;
const DOT = 0x2e;
const MAX_PORT = 65_535;

/**
 * Digits with an optional fraction (`1565647204.351`), times ten to the power of `decimals`: what is finer is
 * cut off. `NaN` where `text` has anything else from `start` up to `end`, or the number is not exact.
 */
export function parseDecimal(text: string, start: number, end: number, decimals: number): number {
  let number = 0;
  let left = -1;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT && left < 0 && at > start && at + 1 < end) {
      left = decimals;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    if (left === 0) continue;
    number = number * 10 + digit;
    if (left > 0) left--;
  }
  if (end <= start) return NaN;
  number *= 10 ** (left < 0 ? decimals : left);
  return number <= Number.MAX_SAFE_INTEGER ? number : NaN;
}

/** A whole number up to and including `max`, `NaN` where the text is none; undefined for `-`. */
export function parseWhole(text: string, max: number): number | undefined {
  if (text === UNKNOWN) return undefined;
  const number = digitsIn(text) ?? NaN;
  return number <= max ? number : NaN;
}

/**
 * One end of a connection, each part `-` where it is not known: then it is absent. Undefined where one of
 * them is something else.
 */
export function parseEndpoint(address: string, portText: string): RecordedEndpoint | undefined {
  const ip = address === UNKNOWN ? undefined : canonicalIp(address);
  const port = parseWhole(portText, MAX_PORT);
  if ((ip === undefined && address !== UNKNOWN) || Number.isNaN(port)) return undefined;
  return { ...(ip !== undefined && { ip }), ...(port !== undefined && { port }) };
}

/** Whether nothing is known of an end. */
export function isNowhere({ ip, port }: RecordedEndpoint): boolean {
  return ip === undefined && port === undefined;
}

/** What a format writes for a text that is what {@linkcode UNKNOWN} is. */
const ESCAPED_UNKNOWN = "\\x2d";

/** A single backslash that escapes a printable character of ASCII other than the blank. */
const FOREIGN_ESCAPE = /(?<!\\)(?:\\\\)*\\x(?:2[1-9a-f]|[3-6][0-9a-f]|7[0-9a-e])/;

/**
 * Undoes `escapeControl`, where the text can be what it gives: other programs write backslashes as they are.
 * It never escapes a character that shows, as systemd does in the names of units (`\x2d`), but for a whole
 * text that would pose as unknown.
 */
export function unescapeText(text: string): string {
  if (!text.includes("\\")) return text;
  return text === ESCAPED_UNKNOWN || !FOREIGN_ESCAPE.test(text) ? unescapeControl(text) : text;
}

/**
 * Whether a log is of a format: whether more of its lines are than are not.
 *
 * @param judge Undefined for a line that tells nothing: a comment.
 */
export function areMost(
  lines: readonly string[],
  judge: (line: string) => boolean | undefined,
): boolean {
  let balance = 0;
  for (const line of lines) {
    const is = judge(line);
    if (is !== undefined) balance += is ? 1 : -1;
  }
  return balance > 0;
}
