/** How large files become, whatever is written to them at once. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Diag } from "../diag.ts";
import type { Format } from "../formats/format.ts";
import { Ledger } from "../pipeline/stage.ts";
import { assertCovering } from "../test_coverage.ts";
import { FileTarget, type FileTargetOptions } from "./file_target.ts";
import { LineSink } from "./line_sink.ts";
import { openForAppending } from "./open_file.ts";
import { RenamedFiles } from "./renamed_files.ts";
import { Segments } from "./segments.ts";
import { TestDisk } from "./test_disk.ts";
import { recordOf, TestPipe } from "./test_output.ts";

const FORMAT: Format = {
  line: ({ id }) => id === "" ? "" : `${id}\n`,
  report: () => "[head]\n",
};

const HOST = { id: "h", name: "h" };

/** Writes lines of these lengths to files of a size. Returns the texts of all files, the oldest first. */
function write(
  batches: readonly (readonly number[])[],
  isSegments: boolean,
  options: Pick<FileTargetOptions, "rotation" | "limits">,
  look: (disk: TestDisk) => void = () => {},
): { texts: string[]; lines: string[] } {
  const disk = new TestDisk();
  disk.makeDir("/d");
  const diag = new Diag({ stderr: new TestPipe(), env: () => undefined });
  const files = isSegments
    ? Segments.open(disk, "/d", { host: HOST, extension: "ndjson" })
    : new RenamedFiles(disk, "/d/x");
  const file = files instanceof Segments
    ? files.next(disk.now())
    : openForAppending(disk, files.path);
  const target = new FileTarget(files, file, { system: disk, diag }, { syncs: false, ...options });
  const ledger = new Ledger();
  const sink = new LineSink(target, FORMAT, ledger, diag);
  const lines: string[] = [];
  for (const lengths of batches) {
    const ids = lengths.map((length, i) => `${lines.length + i} `.padEnd(length, "é"));
    lines.push(...ids);
    sink.write(ids.map(recordOf));
    look(disk);
  }
  sink.close();
  assertEquals([ledger.emitted, ledger.droppedTotal], [lines.length, 0]);
  const paths = [...files.closed().map(({ path }) => path), files.path];
  return { texts: paths.map((path) => disk.text(path)), lines };
}

/** Bytes. */
function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The lines of records. */
function recordsOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && line !== "[head]");
}

/** Sizes of files, and lines from the shortest to some that are longer than a file or than a piece. */
const files = fc.integer({ min: 100, max: 400_000 }).chain((size) => {
  const length = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 5, max: 400 }) },
    { weight: 2, arbitrary: fc.integer({ min: 5, max: Math.min(size, 80_000) }) },
    { weight: 1, arbitrary: fc.constant(Math.min(size, 40_000)) },
  );
  const batches = fc.array(fc.array(length, { maxLength: 60, size: "max" }), { maxLength: 6 });
  return fc.record({ size: fc.constant(size), batches, isSegments: fc.boolean() });
});

Deno.test("no file is larger than it may be, but for one of a single line, and each is nearly full", () => {
  const seen = { files: 0, tooLong: 0 };
  assertCovering(
    fc.property(files, ({ size, batches, isSegments }) => {
      const { texts, lines } = write(batches, isSegments, { rotation: { size } });
      const kept = texts.map(recordsOf);
      assertEquals(kept.flat(), lines, "all of them, in order");
      for (const [i, text] of texts.entries()) {
        const bytes = sizeOf(text);
        if (bytes > size) assertEquals(kept[i]?.length, 1, `${bytes} bytes of ${size}`);
        seen.files++;
        if (bytes > size) seen.tooLong++;
        const [next] = kept[i + 1] ?? [];
        if (next === undefined) continue;
        // What came next was a piece or a line for which there was no room.
        assert(bytes + Math.max(Math.ceil(size / 16), sizeOf(next) + 1) > size, `${bytes}`);
      }
    }),
    { numRuns: 300 },
    () => assert(seen.files > 1000 && seen.tooLong > 50, JSON.stringify(seen)),
  );
});

Deno.test("one large batch is as many small files as it takes", () => {
  for (const isSegments of [false, true]) {
    const batch = Array<number>(1000).fill(150);
    const { texts } = write([batch], isSegments, { rotation: { size: 8192 } });
    for (const text of texts) assert(sizeOf(text) <= 8192);
    const all = sizeOf(texts.join(""));
    assert(texts.length <= Math.ceil(all / (8192 * 15 / 16)), `${texts.length}`);
  }
});

Deno.test("all files together are never larger than they may be, once some are removed", () => {
  for (const isSegments of [false, true]) {
    let most = 0;
    const rotation = { size: 10_000 };
    const limits = { maxTotal: 40_000 };
    const batches = Array.from({ length: 300 }, (_, i) => [100 + i, 500 - i]);
    write(batches, isSegments, { rotation, limits }, (disk) => most = Math.max(most, disk.used));
    assert(most <= limits.maxTotal, `${most}`);
    assert(most > limits.maxTotal - rotation.size, `${most}`);
  }
});
