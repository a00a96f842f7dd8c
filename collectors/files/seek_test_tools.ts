/** Logs with every trouble that a search by time may meet. */
import { tinyFormat } from "./files_test_tools.ts";
import type { LogFormat } from "./log_format.ts";

/** How to make a log. */
export interface LogShape {
  readonly seed: number;
  readonly lines: number;
  /** Lines are at most so late: microseconds. */
  readonly disorder: number;
  /** Microseconds between two lines, at most. */
  readonly gap: number;
  /** How long the text of a line is, at most. */
  readonly padding: number;
  /** Of a hundred lines, so many have no time. */
  readonly untimed: number;
  /** Of a thousand lines, so many are longer than any read. */
  readonly huge: number;
  /** Whether the time of a record is that of its line. */
  readonly isPrompt: boolean;
  /** Bytes that are cut off the end. */
  readonly torn: number;
}

/** A line that a record is made of. */
export interface RecordLine {
  readonly at: number;
  readonly time: number;
}

/** A generated log: its bytes, and the whole lines that are records. */
export interface GeneratedLog {
  readonly bytes: Uint8Array;
  readonly records: readonly RecordLine[];
  readonly format: LogFormat;
}

/** Times of generated logs begin here, microseconds. */
export const ORIGIN = 1_565_647_204_351_000;

/** Numbers from 0 to below a limit (a linear congruential generator). */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** Makes a log. */
export function generateLog(shape: LogShape): GeneratedLog {
  const random = numbers(shape.seed);
  let time = ORIGIN;
  const made = Array.from({ length: shape.lines }, () => {
    time += random(3) === 0 ? 0 : random(shape.gap + 1);
    // Where it stands is when it arrived.
    return { written: time, arrived: time + random(shape.disorder + 1) };
  }).sort((a, b) => a.arrived - b.arrived);
  const records: RecordLine[] = [];
  let text = "# a header\n\n";
  for (const { written } of made) {
    if (random(100) < shape.untimed) text += `#${"-".repeat(random(shape.padding + 1))}\n`;
    const before = shape.isPrompt ? 0 : random(10 * shape.gap + 1);
    const length = random(1000) < shape.huge ? 70_000 + random(100_000) : random(shape.padding + 1);
    records.push({ at: text.length, time: written - before + random(2001) - 1000 });
    text += `${written} ${"x".repeat(length)}${random(2) === 0 ? "\r\n" : "\n"}`;
  }
  const bytes = new TextEncoder().encode(text.slice(0, text.length - shape.torn));
  return {
    bytes,
    records: records.filter(({ at }) => bytes.includes(0x0a, at)),
    format: tinyFormat({ isPrompt: shape.isPrompt }),
  };
}

/** A file in memory that gives as much at a time as it likes. */
export function memoryFile(bytes: Uint8Array, seed = 1) {
  const random = numbers(seed);
  return {
    size: bytes.length,
    seekable: bytes.length > 0,
    readAt(into: Uint8Array, at: number): number {
      const length = random(4) === 0 ? 1 + random(into.length) : into.length;
      const part = bytes.subarray(at, at + length);
      into.set(part);
      return part.length;
    },
  };
}
