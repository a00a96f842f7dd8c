import { assert, assertEquals } from "@std/assert";
import { compressFile } from "./compress_file.ts";
import { Compressor } from "./compressor.ts";
import { RenamedFiles } from "./renamed_files.ts";
import { Segments } from "./segments.ts";
import { TestDisk } from "./test_disk.ts";
import { osError } from "./test_output.ts";

const HOST = { id: "h", name: "h" };

/** A compressor that writes "zip:" and the text, when it is told to. */
function compressing(
  disk: TestDisk,
  files: RenamedFiles | Segments,
  interrupted = new AbortController().signal,
) {
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  const compressor = new Compressor(files, "zstd", {
    system: disk,
    diag: { say: (level, message) => void said.push(`${level}: ${message}`) },
    compress: async (path, to) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push(disk.error === undefined ? resolve : () => reject(disk.error));
      const text = disk.text(path);
      await promise;
      disk.put(to, `zip:${text}`);
    },
    interrupted,
  });
  /** Lets so many files be compressed, and waits for the end. */
  const go = async () => {
    const finished = compressor.finished();
    let isOver = false;
    finished.then(() => isOver = true);
    for (let i = 0; i < 100 && !isOver; i++) {
      waiting.shift()?.();
      await Promise.resolve();
    }
    await finished;
  };
  return { compressor, said, go };
}

Deno.test("Compressor compresses renamed files but for the youngest", async () => {
  const disk = new TestDisk();
  for (const n of [1, 2, 3]) disk.put(`/d/x.${n}`, `${n}`);
  const { compressor, go } = compressing(disk, new RenamedFiles(disk, "/d/x"));
  compressor.look();
  await go();
  assertEquals(disk.paths, ["/d/x.1", "/d/x.2.zst", "/d/x.3.zst"]);
  assertEquals(disk.text("/d/x.3.zst"), "zip:3");
});

Deno.test("Compressor takes no file for another that was renamed meanwhile", async () => {
  const disk = new TestDisk();
  for (const n of [1, 2]) disk.put(`/d/x.${n}`, `${n}`);
  disk.put("/d/x", "0");
  const files = new RenamedFiles(disk, "/d/x");
  const { compressor, go } = compressing(disk, files);
  compressor.look();
  files.next().close();
  await go();
  assertEquals(disk.paths, ["/d/x", "/d/x.1", "/d/x.2.zst", "/d/x.3.zst"]);
  assertEquals([disk.text("/d/x.2.zst"), disk.text("/d/x.3.zst")], ["zip:1", "zip:2"]);
});

Deno.test("Compressor leaves the last closed segment, and says what it cannot compress", async () => {
  const disk = new TestDisk();
  disk.makeDir("/d");
  const segments = Segments.open(disk, "/d", { host: HOST, extension: "ndjson" });
  for (let i = 0; i < 3; i++) segments.next(disk.now()).close();
  const { compressor, said, go } = compressing(disk, segments);
  disk.error = osError("No space left on device", 28);
  compressor.look();
  await go();
  assertEquals(said, ['warning: cannot compress a file of "/d/": no space left on device']);
  assertEquals(disk.paths.filter((path) => path.endsWith(".ndjson")).length, 3);
  segments[Symbol.dispose]();
});

Deno.test("Compressor does not keep a run that is interrupted, and leaves the rest to the next one", async () => {
  const disk = new TestDisk();
  for (const n of [1, 2, 3, 4]) disk.put(`/d/x.${n}`, `${n}`);
  const files = new RenamedFiles(disk, "/d/x");
  const run = new AbortController();
  const { compressor, said } = compressing(disk, files, run.signal);
  compressor.look();
  disk.put("/d/x.4.zst.tmp", "zi");
  run.abort();
  await compressor.finished();
  compressor.look();
  await compressor.finished();
  assertEquals([disk.paths, said], [["/d/x.1", "/d/x.2", "/d/x.3", "/d/x.4"], []]);
  const next = compressing(disk, files);
  next.compressor.look();
  await next.go();
  assertEquals(disk.paths, ["/d/x.1", "/d/x.2.zst", "/d/x.3.zst", "/d/x.4.zst"]);
});

Deno.test("compressFile makes a file that gzip and zstd read, with the same mode and time", async () => {
  const directory = await Deno.makeTempDir({ prefix: "connscribe-test-" });
  try {
    const path = `${directory}/x`;
    const bytes = new Uint8Array(300_000).map((_, i) => (i * 31) % 251);
    await Deno.writeFile(path, bytes, { mode: 0o640 });
    await Deno.utime(path, 1000, 1000);
    const { gunzipSync, zstdDecompressSync } = await import("node:zlib");
    for (const compression of ["gzip", "zstd"] as const) {
      const to = `${path}.${compression}`;
      await compressFile({ path, to, compression });
      const read = compression === "gzip" ? gunzipSync : zstdDecompressSync;
      const compressed = await Deno.readFile(to);
      assert(compressed.length < bytes.length);
      assertEquals(new Uint8Array(read(compressed)), bytes);
      const { mode, mtime } = await Deno.stat(to);
      assertEquals([(mode ?? 0) & 0o777, mtime?.getTime()], [0o640, 1_000_000]);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
