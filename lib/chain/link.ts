/**
 * A link: what a chain adds to a line. The last member of its object is
 * `"chain":{"n":N,"mac":"…"}`, in the first line of a file `"chain":{"n":N,"prev":"…","mac":"…"}`.
 *
 * `n` counts the lines of the chain from 1 on. `mac` is HMAC-SHA-256 of the mac of line n-1 (its 32
 * digits; nothing for the first line) and all bytes of the line before `,"mac":"`, of which the first
 * 32 hexadecimal digits are kept. `prev` is the mac of line n-1, "" for the first line.
 */
import { MAC_LENGTH } from "./mac.ts";

/** Where a chain stands. */
export interface ChainState {
  /** Number of its last line; 0 before the first one. */
  readonly n: number;
  /** The mac of that line; "" before the first one. */
  readonly mac: string;
}

/** A chain that has no line. */
export const NEW_CHAIN: ChainState = { n: 0, mac: "" };

/** What a line says of its place. */
export interface Link {
  readonly n: number;
  /** Only where the line begins a file. */
  readonly prev?: string;
  readonly mac: string;
  /** How many bytes of the line stand before its mac. */
  readonly length: number;
}

/** What stands between what is hashed and the mac, and behind the mac. */
export const MAC_BEGIN = ',"mac":"';
export const LINK_END = '"}}';

/** The longest link: with the largest number, and both macs. */
export const MAX_LINK = 130;

const LINK = new RegExp(
  `,"chain":\\{"n":([1-9]\\d{0,15})(?:,"prev":"([0-9a-f]{${MAC_LENGTH}}|)")?,"mac":"([0-9a-f]{${MAC_LENGTH}})"\\}\\}$`,
);

const decoder = new TextDecoder("latin1");

/** What is hashed of a link, behind the line without its closing brace. */
export function linkHead(n: number, prev: string | undefined): string {
  return `,"chain":{"n":${n}` + (prev === undefined ? "" : `,"prev":"${prev}"`);
}

/**
 * Finds the link of a line; undefined where it has none.
 *
 * @param line Without its line feed.
 */
export function parseLink(line: Uint8Array): Link | undefined {
  const tail = decoder.decode(line.subarray(Math.max(0, line.length - MAX_LINK)));
  const [, number = "", prev, mac = ""] = LINK.exec(tail) ?? [];
  const n = Number(number);
  if (number === "" || !Number.isSafeInteger(n)) return undefined;
  const length = line.length - MAC_BEGIN.length - mac.length - LINK_END.length;
  return { n, mac, length, ...(prev !== undefined && { prev }) };
}
