/**
 * Reads processes as they execute something. One that ends at once can only be read within a millisecond:
 * this runs in a thread that does nothing else, and blocks until the kernel has something to say.
 */
import { ProcFs } from "../../lib/procfs/procfs.ts";
import type { ReadableFile, System } from "../../lib/system.ts";
import { execPid, execTime, indexOfBytes } from "./exec_line.ts";
import { type Reading, Readings, TokenBucket } from "./readings.ts";

/** Where to read, and what names are made of. */
export interface ExecReadingsOptions {
  /** Directory of the instance. */
  readonly instance: string;
  readonly procfs: string;
  readonly hostId: string;
}

/** {@linkcode ExecReadingsOptions}, and where it is counted how many readings were posted. */
export interface ExecReadingsStart extends ExecReadingsOptions {
  /** The text that ends it, where it is written to the instance's `trace_marker`: nobody else can know it. */
  readonly end: string;
  /** One number, shared by the threads. */
  readonly posted: Int32Array;
}

/** What {@linkcode readExecs} says. */
export type ExecMessage =
  /** It listens. */
  | { readonly type: "ready" }
  | {
    readonly type: "reading";
    readonly pid: number;
    /** When it executed something, microseconds since the boot: clocks of threads differ. */
    readonly boot: number;
    readonly reading: Reading;
  }
  /** So many processes were not read because there were too many at once: since the start. */
  | { readonly type: "skipped"; readonly count: number }
  /** It has ended; with a reason it has failed. */
  | { readonly type: "end"; readonly reason?: string };

/** Processes that are read in a second, and at once: about a sixth of one core at most. */
const READS_A_SECOND = 1000;
const BURST = 500;

/** Readings that make the first real one fast: until then, nothing is compiled. */
const WARM_UP = 100;

const NEWLINE = 10;

/** The kernel gives whole lines, and a page at most. */
const READ_SIZE = 16_384;

const encoder = new TextEncoder();

/** Reads until the marker comes. Blocks its thread. Never throws. */
export function readExecs(
  system: System,
  { instance, procfs, hostId, posted, end }: ExecReadingsStart,
  post: (message: ExecMessage) => void,
): void {
  let pipe: ReadableFile | undefined;
  try {
    const readings = new Readings(new ProcFs(system, procfs, () => {}), system, hostId);
    pipe = system.openRead(`${instance}/trace_pipe`);
    for (let left = WARM_UP; left > 0; left--) readings.read(Deno.pid);
    post({ type: "ready" });
    follow(pipe, readings, encoder.encode(end), (message) => {
      post(message);
      if (message.type === "reading") Atomics.add(posted, 0, 1);
    });
    post({ type: "end" });
  } catch (error) {
    post({ type: "end", reason: error instanceof Error ? error.message : String(error) });
  } finally {
    pipe?.close();
  }
}

function follow(
  pipe: ReadableFile,
  readings: Readings,
  end: Uint8Array,
  post: (message: ExecMessage) => void,
): void {
  const budget = new TokenBucket(READS_A_SECOND, BURST);
  const buffer = new Uint8Array(READ_SIZE);
  let skipped = 0;
  let refreshed = readings.now();
  /** Of a line whose file name has line feeds in it: its pid comes with a later one. */
  let begun = NaN;
  while (true) {
    const bytes = buffer.subarray(0, next(pipe, buffer));
    const before = skipped;
    for (let at = 0; at < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0) break;
      const line = bytes.subarray(at, newline);
      const pid = execPid(line, line.length);
      const time = execTime(line);
      if (!Number.isNaN(time)) begun = time;
      at = newline + 1;
      if (pid === 0 || Number.isNaN(begun)) continue;
      const boot = begun;
      begun = NaN;
      const may = budget.take(readings.now());
      const reading = may ? readings.read(pid, new Map(), true) : undefined;
      if (reading === undefined) skipped++;
      else if (typeof reading !== "string") post({ type: "reading", pid, boot, reading });
    }
    if (skipped > before) post({ type: "skipped", count: skipped });
    if (indexOfBytes(bytes, end) >= 0) return;
    if (readings.now() - refreshed < 10e6) continue;
    refreshed = readings.now();
    readings.refresh();
  }
}

/** Goes on after a signal: the kernel ends the read then (ring_buffer_wait). */
function next(pipe: ReadableFile, buffer: Uint8Array): number {
  try {
    const size = pipe.read(buffer);
    if (size === null) throw new Error("the trace has ended");
    return size;
  } catch (error) {
    if (error instanceof Deno.errors.Interrupted) return 0;
    throw error;
  }
}
