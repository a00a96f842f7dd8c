// deno-lint-ignore-file no-console -- a benchmark prints its result
/** How many records a second of CPU time writes to files: format and sink alone. */
import process from "node:process";
import type { Connection } from "../lib/connection.ts";
import { Diag } from "../lib/diag.ts";
import { createNdjsonFormat } from "../lib/formats/ndjson.ts";
import { Ledger } from "../lib/pipeline/stage.ts";
import { FileTarget } from "../lib/sinks/file_target.ts";
import { LineSink } from "../lib/sinks/line_sink.ts";
import { openForAppending } from "../lib/sinks/open_file.ts";
import { RenamedFiles } from "../lib/sinks/renamed_files.ts";
import { Segments } from "../lib/sinks/segments.ts";
import { FixedTarget, type LineTarget } from "../lib/sinks/target.ts";
import { realSystem } from "../lib/system.ts";
import { connectionOf } from "./connscribe_log.ts";
import { generator } from "./export_rows.ts";

const RECORDS = 8192;
/** What collectors hand over at once, about. */
const BATCH = 512;
const TOTAL = 400_000;
/** How many processes there are, and how many of them are busy. */
const PROCESSES = 300;
const BUSY = 12;
const ROUNDS = 3;
const TICK_MS = 1000;
const SYSTEM = realSystem();
const DIAG = new Diag(SYSTEM);

/** Where the lines go, by what is measured. */
const TARGETS: Readonly<Record<string, (directory: string) => LineTarget>> = {
  "nowhere": () => new FixedTarget({ write: (bytes) => bytes.length, isTerminal: false }),
  "a file, --sync none": (directory) => new FileTarget(...fileOf(directory), { syncs: false }),
  "a file, --sync window": (directory) => new FileTarget(...fileOf(directory), { syncs: true }),
  "segments of 64M, --sync window": (directory) => {
    const host = { id: "h", name: "bench" };
    const segments = Segments.open(SYSTEM, directory, { host, extension: "ndjson" });
    return new FileTarget(segments, segments.next(SYSTEM.now()), { system: SYSTEM, diag: DIAG }, {
      rotation: { size: 64 * 2 ** 20, everyUs: 3_600_000_000 },
      limits: { maxTotal: 2 ** 30 },
      syncs: true,
      atEnd: () => segments[Symbol.dispose](),
    });
  },
};

function fileOf(directory: string) {
  const path = `${directory}/out.ndjson`;
  const files = new RenamedFiles(SYSTEM, path);
  return [files, openForAppending(SYSTEM, path), { system: SYSTEM, diag: DIAG }] as const;
}

/** Half of the connections are those of a few busy processes. */
function processOf(processes: readonly Connection[], random: (limit: number) => number) {
  return processes[random(random(2) === 0 ? BUSY : PROCESSES)]?.process;
}

/** As those of `watch --from trace`: an open or a close each, with the process and all that is known of it. */
export function connectionBatches(): Connection[][] {
  const random = generator(7);
  const processes = Array.from({ length: PROCESSES }, (_, number) => connectionOf(number, random));
  const records = Array.from({ length: RECORDS }, (_, number): Connection => {
    const time = 1_795_219_200_000_000 + number * 3;
    const record = connectionOf(number, random);
    const isClose = record.event === "close";
    const start = isClose ? time - random(60_000_000) : time;
    const process = processOf(processes, random);
    return {
      ...record,
      id: `1gG4PPO7TUGh-${String(process?.pid).padStart(22, "x")}-${number.toString(36)}`,
      time,
      start,
      ...(isClose && { end: time, durationUs: time - start }),
      ...(process !== undefined && { process }),
    };
  });
  const all: Connection[][] = [];
  for (let at = 0; at < RECORDS; at += BATCH) all.push(records.slice(at, at + BATCH));
  return all;
}

/** CPU time of all threads, seconds. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Records for a second of CPU time, of all threads, in one round. */
async function round(open: (directory: string) => LineTarget, all: Connection[][]) {
  const directory = await Deno.makeTempDir({ prefix: "connscribe-bench-" });
  try {
    const ledger = new Ledger();
    const sink = new LineSink(open(directory), createNdjsonFormat(), ledger, DIAG);
    let seconds = 0;
    let ticked = performance.now();
    while (ledger.emitted < TOTAL) {
      for (const batch of all) {
        // Each batch that comes from a collector's worker is of objects of its own, and there is one at a time.
        const received = structuredClone(batch);
        const start = cpuSeconds();
        sink.write(received);
        if (performance.now() - ticked >= TICK_MS) {
          ticked = performance.now();
          sink.tick();
        }
        seconds += cpuSeconds() - start;
      }
    }
    const start = cpuSeconds();
    await sink.close();
    return ledger.emitted / (seconds + cpuSeconds() - start);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Prints the best of some rounds, which take turns. */
export async function benchOutput(): Promise<void> {
  const all = connectionBatches();
  const best = new Map<string, number>();
  for (let i = 0; i < ROUNDS; i++) {
    for (const [name, open] of Object.entries(TARGETS)) {
      best.set(name, Math.max(best.get(name) ?? 0, await round(open, all)));
    }
  }
  const { line } = createNdjsonFormat();
  const records = all.flat();
  let size = 0;
  for (const record of records) size += line(record).length;
  console.log(`lines of ${Math.round(size / RECORDS)} bytes on average`);
  for (const [name, rate] of best) {
    console.log(`ndjson to ${name}: ${Math.round(rate / 1000)}k records for a second of CPU time`);
  }
}
