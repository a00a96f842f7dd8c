import { assertEquals } from "@std/assert";
import { Diag } from "../diag.ts";
import { FileTarget } from "../sinks/file_target.ts";
import { LineWriter } from "../sinks/line_writer.ts";
import { cutBack, openForAppending } from "../sinks/open_file.ts";
import { RenamedFiles } from "../sinks/renamed_files.ts";
import { FixedTarget, type LineTarget } from "../sinks/target.ts";
import { type FileEnd, realSystem } from "../system.ts";
import { anchorOfFile, readAnchor } from "./anchor.ts";
import { ChainedTarget } from "./chained_target.ts";
import { eachLine, findChainedLogs } from "./chained_logs.ts";
import { ChainedWriter } from "./chained_writer.ts";
import { Mac } from "./mac.ts";
import { Verifier } from "./verifier.ts";

const encoder = new TextEncoder();
const system = realSystem();
const MAC = await Mac.load(new Uint8Array(32).fill(3));
const DIAG = new Diag(system);

/** A log in a directory of its own, which is removed in the end. */
class TestLog implements Disposable {
  readonly #directory = Deno.makeTempDirSync();
  readonly path = `${this.#directory}/log.ndjson`;

  open(target: LineTarget, isSeries: boolean): ChainedTarget {
    const place = { kind: "file", path: this.path } as const;
    return ChainedTarget.open(target, MAC, place, isSeries, { system, diag: DIAG });
  }

  /** What is wrong with all files that are there; undefined if nothing is. */
  async fault(): Promise<string | undefined> {
    const anchor = readAnchor(system, anchorOfFile(this.path), MAC);
    const verifier = new Verifier(MAC, typeof anchor === "string" ? {} : { anchor });
    let fault: string | undefined;
    const { logs } = await findChainedLogs([`${this.path}*`]);
    for (const { path } of logs) {
      await eachLine(path, ({ bytes }) => {
        fault ??= verifier.line(bytes)?.what;
        return fault !== undefined;
      });
    }
    return fault ?? verifier.end();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

/** Writes so many lines, each to the file that is meant for it. */
function write(target: ChainedTarget, count: number): void {
  let output: ReturnType<ChainedTarget["open"]> | undefined;
  let writer: ChainedWriter | undefined;
  for (let i = 0; i < count; i++) {
    const next = target.open(300);
    if (next !== output || writer === undefined) {
      writer = new ChainedWriter(new LineWriter(next), target.chain);
    }
    output = next;
    writer.write(encoder.encode(`{"i":${i},"text":"${crypto.randomUUID()}"}\n`));
  }
}

Deno.test("ChainedTarget takes no run of a series that was killed before its commit for a loss", async () => {
  using log = new TestLog();
  const openRun = (end?: FileEnd) => {
    const file = openForAppending(system, log.path);
    if (end !== undefined) cutBack(file, log.path, [end], DIAG);
    return log.open(new FixedTarget(file, log.path), true);
  };
  const first = openRun();
  write(first, 3);
  const end = first.sync();
  first.committed();
  await first.close();
  // Killed between the two: what it wrote is taken back.
  const killed = openRun(end);
  write(killed, 4);
  killed.sync();
  await killed.close();
  assertEquals(await log.fault(), undefined);
  const last = openRun(end);
  write(last, 2);
  last.sync();
  last.committed();
  await last.close();
  assertEquals(await log.fault(), undefined);
  // What was committed is missed.
  await Deno.truncate(log.path, end?.size);
  assertEquals(await log.fault(), "records 4 to 5 are missing at the end");
});

Deno.test("ChainedTarget tells files that were removed for their number from those that somebody removed", async () => {
  using log = new TestLog();
  const open = () => {
    const files = new RenamedFiles(system, log.path);
    const target = new FileTarget(files, openForAppending(system, log.path), {
      system,
      diag: DIAG,
    }, {
      rotation: { size: 1000 },
      limits: { keep: 3 },
      syncs: false,
    });
    return log.open(target, false);
  };
  for (let run = 0; run < 3; run++) {
    const target = open();
    write(target, 20);
    await target.close();
    assertEquals(await log.fault(), undefined);
  }
  // The oldest of the three that are kept.
  await Deno.remove(`${log.path}.3`);
  const fault = await log.fault();
  assertEquals(fault?.endsWith("missing before it"), true, fault);
  // Another run does not hide that.
  const target = open();
  write(target, 1);
  await target.close();
  assertEquals((await log.fault())?.endsWith("missing before it"), true);
});
