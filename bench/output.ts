// deno-lint-ignore-file no-console -- a benchmark prints its result
/** How many records a second of CPU time writes to files: format and sink alone. */
import process from "node:process";
import type { Connection } from "../lib/connection.ts";
import { Diag } from "../lib/diag.ts";
import type { Format } from "../lib/formats/format.ts";
import { createNdjsonFormat } from "../lib/formats/ndjson.ts";
import { Ledger } from "../lib/pipeline/stage.ts";
import { FileTarget } from "../lib/sinks/file_target.ts";
import { LineSink } from "../lib/sinks/line_sink.ts";
import { openForAppending } from "../lib/sinks/open_file.ts";
import { RenamedFiles } from "../lib/sinks/renamed_files.ts";
import { Segments } from "../lib/sinks/segments.ts";
import { FixedTarget, type LineTarget } from "../lib/sinks/target.ts";
import { realSystem } from "../lib/system.ts";
import { connectionBatches, flowBatches } from "./connection_batches.ts";

const TOTAL = 200_000;
const ROUNDS = 9;
const TICK_MS = 1000;
const SYSTEM = realSystem();
const DIAG = new Diag(SYSTEM);

type OpenTarget = (directory: string) => LineTarget;

/** Where the lines go. */
const NOWHERE: OpenTarget = () =>
  new FixedTarget({ write: (bytes) => bytes.length, isTerminal: false });
const FILE: OpenTarget = (directory) => new FileTarget(...fileOf(directory), { syncs: true });
const SEGMENTS: OpenTarget = (directory) => {
  const host = { id: "h", name: "bench" };
  const segments = Segments.open(SYSTEM, directory, { host, extension: "ndjson" });
  return new FileTarget(segments, segments.next(SYSTEM.now()), { system: SYSTEM, diag: DIAG }, {
    rotation: { size: 64 * 2 ** 20, everyUs: 3_600_000_000 },
    limits: { maxTotal: 2 ** 30 },
    syncs: true,
    atEnd: () => segments[Symbol.dispose](),
  });
};

/** What is measured: files are written with `--sync window`. */
interface Case {
  readonly title: string;
  readonly batches: Connection[][];
  readonly open: OpenTarget;
  /** Made once, as in a run: what V8 learns of it stays. */
  readonly format: Format;
}

function cases(): readonly Case[] {
  const traced = connectionBatches();
  const tracked = flowBatches();
  const withIds = { communityIdSeed: 0 };
  return [
    {
      title: "trace, the format alone",
      batches: traced,
      open: NOWHERE,
      format: createNdjsonFormat(withIds),
    },
    { title: "trace, a file", batches: traced, open: FILE, format: createNdjsonFormat(withIds) },
    {
      title: "trace, segments of 64M",
      batches: traced,
      open: SEGMENTS,
      format: createNdjsonFormat(withIds),
    },
    {
      title: "trace, a file, no Community IDs",
      batches: traced,
      open: FILE,
      format: createNdjsonFormat(),
    },
    {
      title: "conntrack, a file",
      batches: tracked,
      open: FILE,
      format: createNdjsonFormat(withIds),
    },
    {
      title: "conntrack, a file, no Community IDs",
      batches: tracked,
      open: FILE,
      format: createNdjsonFormat(),
    },
  ];
}

function fileOf(directory: string) {
  const path = `${directory}/out.ndjson`;
  const files = new RenamedFiles(SYSTEM, path);
  return [files, openForAppending(SYSTEM, path), { system: SYSTEM, diag: DIAG }] as const;
}

/** CPU time of all threads, seconds. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What came of a round. */
interface Round {
  /** Records for a second of CPU time, of all threads. */
  readonly rate: number;
  /** Bytes of a record, on average; 0 where they went nowhere. */
  readonly bytes: number;
}

async function round({ batches, open, format }: Case): Promise<Round> {
  const directory = await Deno.makeTempDir({ prefix: "connscribe-bench-" });
  try {
    const ledger = new Ledger();
    const sink = new LineSink(open(directory), format, ledger, DIAG);
    let seconds = 0;
    let ticked = performance.now();
    while (ledger.emitted < TOTAL) {
      for (const batch of batches) {
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
    seconds += cpuSeconds() - start;
    return { rate: ledger.emitted / seconds, bytes: sizeOf(directory) / ledger.emitted };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Bytes of the files in a directory. */
function sizeOf(directory: string): number {
  let size = 0;
  for (const { name } of Deno.readDirSync(directory)) {
    size += Deno.statSync(`${directory}/${name}`).size;
  }
  return size;
}

/** Prints the best of some rounds, which take turns. */
export async function benchOutput(): Promise<void> {
  const all = cases();
  const best = new Map<string, Round>();
  for (let i = 0; i < ROUNDS; i++) {
    for (const each of all) {
      const made = await round(each);
      if (made.rate > (best.get(each.title)?.rate ?? 0)) best.set(each.title, made);
    }
  }
  console.log("thousand records of ndjson for a second of CPU time");
  for (const [title, { rate, bytes }] of best) {
    const size = bytes === 0 ? "" : `, ${Math.round(bytes)} bytes a record`;
    console.log(`${title}: ${Math.round(rate / 1000)}${size}`);
  }
}
