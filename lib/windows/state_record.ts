/**
 * The state file as bytes: two slots, each with one record, written in turn. What is torn while one is
 * written never harms the other, which is the record before it. A record is one line of text:
 * `connscribe windows 1 CHECKSUM JSON`, filled up with blanks.
 */
import { idPrefix } from "../id.ts";
import type { FileEnd } from "../system.ts";

/** Size of a slot in bytes: that of a page and of the largest sector, so no two slots share one. */
export const SLOT_SIZE = 4096;

/** Size of a state file in bytes. */
export const STATE_SIZE = 2 * SLOT_SIZE;

/** What a record begins with. */
const MAGIC = "connscribe windows 1 ";

/** The checksum, and what it is of. */
const RECORD = new RegExp(`^${MAGIC}([\\w-]{12}) (\\{.*\\})$`);

const LINE_FEED = 0x0a;
const BLANK = 0x20;

/** What the state file says. */
export interface StateRecord {
  /** One more than that of the record before it. */
  readonly sequence: number;
  /** Length of a window, microseconds. */
  readonly windowUs: number;
  /** What the windows are of: the state is of use to nothing else. */
  readonly key: string;
  /** End of the last window that is done, microseconds since the epoch; absent before the first run. */
  readonly done?: number;
  /** How many records that window had. */
  readonly records: number;
  /** While a run is at work: where its output files ended when that window was done. */
  readonly ends?: readonly FileEnd[];
}

/** What is left of a state file. */
export interface DecodedState {
  /** The latest whole record. */
  readonly latest?: StateRecord;
  /** Whether a slot holds something else than a record. */
  readonly isDamaged: boolean;
}

function checksum(json: string): string {
  return idPrefix("window state", json);
}

/** A slot that holds the record, or none. Throws a `RangeError` if the record has no room in it. */
export function encodeSlot(record?: StateRecord): Uint8Array<ArrayBuffer> {
  const json = record === undefined ? "" : JSON.stringify(record);
  const line = new TextEncoder().encode(json && `${MAGIC}${checksum(json)} ${json}`);
  if (line.length >= SLOT_SIZE) throw new RangeError("the state has no room in its file");
  const slot = new Uint8Array(SLOT_SIZE).fill(BLANK);
  slot.set(line);
  slot[SLOT_SIZE - 1] = LINE_FEED;
  return slot;
}

/** Where the record of that sequence stands in the file, bytes. */
export function slotOffset(sequence: number): number {
  return sequence % 2 * SLOT_SIZE;
}

/** Reads a state file, whatever it holds. Never throws. */
export function decodeState(bytes: Uint8Array): DecodedState {
  const found: StateRecord[] = [];
  let isDamaged = false;
  for (let at = 0; at < STATE_SIZE; at += SLOT_SIZE) {
    const text = new TextDecoder().decode(bytes.subarray(at, at + SLOT_SIZE)).trimEnd();
    const record = decodeRecord(text);
    if (record !== undefined && slotOffset(record.sequence) === at) found.push(record);
    else if (text !== "" || bytes.length < at + SLOT_SIZE) isDamaged = true;
  }
  found.sort((a, b) => b.sequence - a.sequence);
  const [latest] = found;
  return { ...(latest !== undefined && { latest }), isDamaged };
}

function decodeRecord(text: string): StateRecord | undefined {
  const [, sum, json] = RECORD.exec(text) ?? [];
  if (json === undefined || sum !== checksum(json)) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return isStateRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A whole number of something, or microseconds. */
function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isStateRecord(value: unknown): value is StateRecord {
  if (typeof value !== "object" || value === null) return false;
  const { sequence, windowUs, key, done, records, ends }: Partial<Record<string, unknown>> = {
    ...value,
  };
  return isCount(sequence) && isCount(windowUs) && windowUs > 0 && typeof key === "string" &&
    isCount(records) && (done === undefined || (isCount(done) && done % windowUs === 0)) &&
    (ends === undefined || (Array.isArray(ends) && ends.every(isFileEnd)));
}

function isFileEnd(value: unknown): value is FileEnd {
  return typeof value === "object" && value !== null && "file" in value && "size" in value &&
    typeof value.file === "string" && isCount(value.size);
}
