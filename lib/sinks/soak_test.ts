/** Many records through a format and rotated files: neither memory nor open files grow. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { Diag } from "../diag.ts";
import { createNdjsonFormat } from "../formats/ndjson.ts";
import { SAMPLES } from "../formats/test_records.ts";
import { Ledger } from "../pipeline/stage.ts";
import { realSystem } from "../system.ts";
import { FileTarget } from "./file_target.ts";
import { LineSink } from "./line_sink.ts";
import { Segments } from "./segments.ts";
import { TestPipe } from "./test_output.ts";

/** By hand: `RECORDS=10000000 REPORT=1`. */
const RECORDS = Number(Deno.env.get("RECORDS") ?? 200_000);
const REPORT = Deno.env.has("REPORT");
const BATCH = 1000;
const SIZE = RECORDS > 1_000_000 ? 64 * 2 ** 20 : 2 ** 22;

/** How much more memory it may take than after the first tenth, bytes: V8 gives memory back late. */
const GROWTH = 96 * 2 ** 20;

function openFiles(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

Deno.test({
  name: "LineSink takes no more memory and no more files, however many records it writes",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const system = realSystem();
    const said = new TestPipe();
    const diag = new Diag({ stderr: said, env: () => undefined });
    const directory = await Deno.makeTempDir({ prefix: "connscribe-test-" });
    try {
      const host = { id: "h", name: "h" };
      const segments = Segments.open(system, directory, { host, extension: "ndjson" });
      const file = segments.next(system.now());
      const target = new FileTarget(segments, file, { system, diag }, {
        rotation: { size: SIZE },
        limits: { maxTotal: 8 * SIZE },
        syncs: true,
        atEnd: () => segments[Symbol.dispose](),
      });
      const ledger = new Ledger();
      const sink = new LineSink(target, createNdjsonFormat(), ledger, diag);
      const samples = Object.values(SAMPLES);
      let early = { rss: 0, files: 0 };
      let most = 0;
      for (let count = 0; count < RECORDS; count += BATCH) {
        const batch = Array.from({ length: BATCH }, (_, i) => {
          const sample = samples[i % samples.length];
          assert(sample);
          return { ...sample, id: `r${count + i}`, time: sample.time + count + i };
        });
        ledger.read += BATCH;
        sink.write(batch);
        if (count % (RECORDS / 20) > 0) continue;
        sink.tick();
        const found = { rss: Deno.memoryUsage().rss, files: openFiles() };
        if (REPORT) said.append(new TextEncoder().encode(`${count} ${JSON.stringify(found)}\n`));
        if (count <= RECORDS / 10) early = found;
        assertEquals(found.files, early.files);
        most = Math.max(most, found.rss);
      }
      assertLess(most - early.rss, GROWTH);
      await sink.close();
      assertEquals([ledger.emitted, ledger.balance, sink.lost], [RECORDS, 0, 0]);
      const kept = [...Deno.readDirSync(directory)].length;
      assert(kept >= 4 && kept <= 11, `${kept} files`);
      if (REPORT) await Deno.stderr.write(said.bytes);
      else assertEquals(said.text, "");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
