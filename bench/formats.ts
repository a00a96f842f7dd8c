// deno-lint-ignore-file no-console -- a benchmark prints its result
/** How many records a second of CPU time each format writes to a file, beside JSON.stringify of the same records. */
import process from "node:process";
import type { Connection } from "../lib/connection.ts";
import { Diag } from "../lib/diag.ts";
import type { Format, FormatContext } from "../lib/formats/format.ts";
import { createFormat } from "../lib/formats/formats.ts";
import { FORMAT_NAMES, type FormatName } from "../lib/formats/names.ts";
import { Ledger } from "../lib/pipeline/stage.ts";
import { LineSink } from "../lib/sinks/line_sink.ts";
import { openForAppending } from "../lib/sinks/open_file.ts";
import { FixedTarget } from "../lib/sinks/target.ts";
import { realSystem } from "../lib/system.ts";
import { connectionBatches } from "./connection_batches.ts";

/** Records that a format writes in a round. */
const TOTAL = 16_000;
const ROUNDS = 9;
/** None is to be slower than so much of JSON.stringify. */
const BAR = 0.5;

const SYSTEM = realSystem();
const DIAG = new Diag(SYSTEM);
/** Without Community IDs: their hash costs more than most formats do, and JSON.stringify makes none. */
const CONTEXT: FormatContext = { color: false, columns: 160, now: 0 };

/** What all others are compared with. */
const stringify: Format = { line: (record) => JSON.stringify(record) + "\n" };

/** CPU time of all threads, seconds. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

interface Round {
  /** Records for a second of CPU time. */
  readonly rate: number;
  /** Bytes of a record, on average. */
  readonly bytes: number;
}

/** One round of a format, which begins anew. */
async function round(format: Format, all: readonly Connection[][]): Promise<Round> {
  const path = await Deno.makeTempFile({ prefix: "connscribe-bench-" });
  try {
    const sink = new LineSink(
      new FixedTarget(openForAppending(SYSTEM, path), path),
      format,
      new Ledger(),
      DIAG,
    );
    let seconds = 0;
    let records = 0;
    while (records < TOTAL) {
      for (const batch of all) {
        // Each batch that comes from a collector's worker is of objects of its own, and there is one at a time.
        const received = structuredClone(batch);
        const start = cpuSeconds();
        sink.write(received);
        seconds += cpuSeconds() - start;
        records += received.length;
      }
    }
    const start = cpuSeconds();
    await sink.close();
    seconds += cpuSeconds() - start;
    return { rate: records / seconds, bytes: (await Deno.stat(path)).size / records };
  } finally {
    await Deno.remove(path);
  }
}

/** The best of some rounds of a format and of JSON.stringify, which take turns. */
async function pair(name: FormatName): Promise<{ own: Round; other: Round }> {
  const all = connectionBatches();
  let own: Round = { rate: 0, bytes: 0 };
  let other = own;
  for (let i = 0; i < ROUNDS; i++) {
    const latest = await round(await createFormat(name, CONTEXT), all);
    if (latest.rate > own.rate) own = latest;
    const reference = await round(stringify, all);
    if (reference.rate > other.rate) other = reference;
  }
  return { own, other };
}

/** The same in a process of its own: each format has the compiler to itself, as it has in the program. */
async function pairApart(name: FormatName): Promise<Awaited<ReturnType<typeof pair>>> {
  const args = ["run", "--quiet", "--allow-all", import.meta.filename ?? "", name];
  const { stdout, success } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" })
    .output();
  if (!success) throw new Error(`the benchmark of "${name}" failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000)}k`;
}

/** Prints a table. */
export async function benchFormats(): Promise<void> {
  console.log("| format | records a second of CPU | JSON.stringify beside it | ratio | bytes |");
  console.log("| --- | ---: | ---: | ---: | ---: |");
  for (const name of FORMAT_NAMES) {
    const { own, other } = await pairApart(name);
    const ratio = own.rate / other.rate;
    const slow = ratio < BAR ? " (too slow)" : "";
    const cells = [`\`${name}\``, thousands(own.rate), thousands(other.rate)];
    console.log(`| ${cells.join(" | ")} | ${ratio.toFixed(2)}${slow} | ${Math.round(own.bytes)} |`);
  }
}

if (import.meta.main) {
  const name = FORMAT_NAMES.find((name) => name === Deno.args[0]);
  if (name === undefined) await benchFormats();
  else console.log(JSON.stringify(await pair(name)));
}
