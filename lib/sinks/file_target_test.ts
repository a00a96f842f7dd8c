import { assert, assertEquals, assertThrows } from "@std/assert";
import { FileTarget, type FileTargetOptions } from "./file_target.ts";
import { openForAppending } from "./open_file.ts";
import { RenamedFiles } from "./renamed_files.ts";
import { Segments } from "./segments.ts";
import { NoRoomError } from "./target.ts";
import { TestDisk } from "./test_disk.ts";
import { osError } from "./test_output.ts";

const HOUR = 3_600_000_000;
const SYNCED = { syncs: true };

/** A target of /d/x, and what it says. */
function targetOf(disk: TestDisk, options: Partial<FileTargetOptions> = {}) {
  const said: string[] = [];
  const files = new RenamedFiles(disk, "/d/x");
  const diag = { say: (level: string, text: string) => void said.push(`${level}: ${text}`) };
  const file = openForAppending(disk, files.path);
  const target = new FileTarget(files, file, { system: disk, diag }, { ...SYNCED, ...options });
  const write = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    target.open(bytes.length).write(bytes);
  };
  return { target, write, said };
}

function contents(disk: TestDisk): Record<string, string> {
  return Object.fromEntries(disk.paths.map((path) => [path, disk.text(path)]));
}

Deno.test("FileTarget renames files that are full, and removes those that are too many", () => {
  const disk = new TestDisk();
  const { write, said } = targetOf(disk, { rotation: { size: 8 }, limits: { keep: 2 } });
  for (const text of ["aaaa\n", "b\n", "cc\n", "ddddd\n", "eeee\n"]) write(text);
  assertEquals(contents(disk), { "/d/x": "eeee\n", "/d/x.1": "ddddd\n", "/d/x.2": "cc\n" });
  assertEquals([disk.removed, said], [["aaaa\nb\n"], []]);
  const made = disk.done.lastIndexOf("make /d/x.new");
  assert(made < disk.done.indexOf("remove /d/x.3"), "made before another is removed");
});

Deno.test("FileTarget rotates only at the start if all that follows is to stand in one file", () => {
  const disk = new TestDisk();
  const rotation = { size: 4 };
  for (let run = 0; run < 2; run++) {
    const { target, write } = targetOf(disk, { rotation, rotatesAtStart: true });
    for (const text of ["aaa\n", "bbb\n"]) write(text);
    target.close();
  }
  assertEquals(contents(disk), { "/d/x": "aaa\nbbb\n", "/d/x.1": "aaa\nbbb\n" });
});

Deno.test("FileTarget begins files at multiples of a time, also after a restart", () => {
  const disk = new TestDisk();
  disk.time = 10 * HOUR + 1;
  const first = targetOf(disk, { rotation: { everyUs: HOUR } });
  first.write("a\n");
  disk.time = 11 * HOUR - 1;
  first.write("b\n");
  first.target.close();
  disk.time = 11 * HOUR;
  targetOf(disk, { rotation: { everyUs: HOUR } }).write("c\n");
  assertEquals(contents(disk), { "/d/x": "c\n", "/d/x.1": "a\nb\n" });
});

Deno.test("FileTarget goes on with its file when it cannot begin another, and says so once", () => {
  const disk = new TestDisk();
  const { target, write, said } = targetOf(disk, { rotation: { size: 4 } });
  write("a\n");
  disk.error = osError("Permission denied", 13);
  for (let i = 0; i < 3; i++) {
    write("bbbb\n");
    target.tick();
  }
  disk.error = undefined;
  write("c\n");
  assertEquals(said, ['warning: cannot rotate "/d/x": permission denied']);
  assertEquals(contents(disk), { "/d/x": "c\n", "/d/x.1": "a\nbbbb\nbbbb\nbbbb\n" });
});

Deno.test("FileTarget sees at once that its file was moved or replaced", () => {
  const disk = new TestDisk();
  const { write, said } = targetOf(disk);
  write("a\n");
  disk.rename("/d/x", "/d/old");
  write("b\n");
  disk.rename("/d/x", "/d/older");
  disk.put("/d/x", "theirs\n");
  write("c\n");
  assertEquals(contents(disk), { "/d/old": "a\n", "/d/older": "b\n", "/d/x": "theirs\nc\n" });
  assertEquals(said, [
    'notice: "/d/x" was moved or removed: it is opened anew',
    'notice: "/d/x" was replaced: it is opened anew',
  ]);
});

Deno.test("FileTarget stays in its file when it is to open it anew, and nobody has moved it", () => {
  const disk = new TestDisk();
  const { target, write, said } = targetOf(disk);
  write("a\n");
  target.reopen();
  write("b\n");
  target.reopen();
  target.tick();
  assertEquals([contents(disk), said], [{ "/d/x": "a\nb\n" }, []]);
  assertEquals(disk.done.filter((word) => word.startsWith("make")), ["make /d/x"]);
});

Deno.test("FileTarget goes on in a file that was moved while it can open no other, but not in a removed one", () => {
  const disk = new TestDisk();
  const { target, write, said } = targetOf(disk, { rotation: { size: 4 } });
  write("a\n");
  disk.rename("/d/x", "/d/old");
  disk.put("/d/x", "theirs\n");
  disk.error = osError("Permission denied", 13);
  for (let i = 0; i < 3; i++) {
    write("bbb\n");
    target.tick();
  }
  assertEquals(contents(disk), { "/d/old": "a\nbbb\nbbb\nbbb\n", "/d/x": "theirs\n" });
  disk.removeFile("/d/old");
  assertThrows(() => target.open(1), Error, "Permission denied");
  disk.error = undefined;
  write("c\n");
  assertEquals(contents(disk), { "/d/x": "c\n", "/d/x.1": "theirs\n" });
  assertEquals(said, [
    'notice: "/d/x" was replaced: it is opened anew',
    'warning: cannot open anew "/d/x": permission denied: writing goes on in the file that was there before',
  ]);
});

Deno.test("FileTarget removes nothing to make room where all is to be kept", () => {
  const disk = new TestDisk();
  let lacking = -100;
  const room = { lacking: () => lacking, spend: (bytes: number) => void (lacking += bytes) };
  const { target, write } = targetOf(disk, { rotation: { size: 4 }, room, keepsAll: true });
  for (const text of ["aaa\n", "bbb\n", "ccc\n"]) write(text);
  lacking = 3;
  target.tick();
  assertThrows(() => target.open(1), NoRoomError);
  assertEquals(disk.removed, []);
});

Deno.test("FileTarget removes old files to make room, and then takes no more until there is some", () => {
  const disk = new TestDisk();
  let lacking = -100;
  const room = { lacking: () => lacking, spend: (bytes: number) => void (lacking += bytes) };
  const { target, write } = targetOf(disk, { rotation: { size: 4 }, room });
  for (const text of ["aaa\n", "bbb\n", "ccc\n"]) write(text);
  lacking = 3;
  write("d\n");
  assertEquals(Object.keys(contents(disk)), ["/d/x", "/d/x.1", "/d/x.2"]);
  lacking = 100;
  target.tick();
  assertThrows(() => target.open(1), NoRoomError);
  assertEquals(Object.keys(contents(disk)), ["/d/x", "/d/x.1"]);
  lacking = -1;
  write("e\n");
  // What is written counts before it is looked again.
  assertThrows(() => target.open(1), NoRoomError);
});

Deno.test("FileTarget makes room once more where it was looked while files were removed", () => {
  const disk = new TestDisk();
  let lacking = -100;
  let isOld = true;
  const spend = (bytes: number) => {
    // What was looked at before the removal hides it.
    if (bytes > 0 || !isOld) lacking += bytes;
    if (bytes < 0) isOld = false;
  };
  const room = { lacking: () => lacking, spend };
  const { write } = targetOf(disk, { rotation: { size: 4 }, room });
  for (const text of ["aaa\n", "bbb\n", "ccc\n"]) write(text);
  lacking = 3;
  write("d\n");
  assertEquals(contents(disk), { "/d/x": "d\n", "/d/x.1": "ccc\n" });
});

Deno.test("FileTarget syncs what it wrote at a tick, once, and what it leaves", () => {
  const disk = new TestDisk();
  const { target, write } = targetOf(disk, { rotation: { size: 4 } });
  const synced = () => disk.done.filter((word) => word.startsWith("sync ")).length;
  write("aaa\n");
  assertEquals(synced(), 0);
  target.tick();
  target.tick();
  assertEquals(synced(), 1);
  write("bbb\n");
  write("ccc\n");
  assertEquals(synced(), 2);
  disk.syncError = osError("Input/output error", 5);
  assertThrows(() => target.tick(), Error, "Input/output error");
  disk.syncError = undefined;
  target.tick();
});

Deno.test("FileTarget says that what it left may not stay, though it goes on", () => {
  const disk = new TestDisk();
  const { target, write } = targetOf(disk, { rotation: { size: 4 } });
  write("aaa\n");
  disk.syncError = osError("Input/output error", 5);
  write("bbb\n");
  disk.syncError = undefined;
  assertThrows(() => target.sync(), Error, "Input/output error");
});

Deno.test("RenamedFiles takes away what a broken-off run left unfinished, and nothing else", () => {
  const disk = new TestDisk();
  for (const name of ["x", "x.1", "x.2", "x.2.gz", "x.3.gz.tmp", "x.tmp", "x.old", "xy.1.gz.tmp"]) {
    disk.put(`/d/${name}`, name);
  }
  new RenamedFiles(disk, "/d/x").mend();
  const left = ["x", "x.1", "x.2.gz", "x.old", "x.tmp", "xy.1.gz.tmp"];
  assertEquals(disk.paths, left.map((name) => `/d/${name}`));
});

Deno.test("RenamedFiles moves files only as far as a number that is free", () => {
  const disk = new TestDisk();
  for (const name of ["x", "x.1", "x.2.gz", "x.5"]) disk.put(`/d/${name}`, name);
  new RenamedFiles(disk, "/d/x").next().close();
  assertEquals(disk.text("/d/x.3.gz"), "x.2.gz");
  assertEquals(disk.paths, ["/d/x", "/d/x.1", "/d/x.2", "/d/x.3.gz", "/d/x.5"]);
});

Deno.test("Segments overwrites no file, whatever the clock says", () => {
  const disk = new TestDisk();
  disk.makeDir("/d");
  using segments = Segments.open(disk, "/d", {
    host: { id: "h", name: "h" },
    extension: "ndjson",
  });
  disk.time = 0;
  disk.put("/d/connscribe-h-19700101T000000Z-000007.ndjson.zst", "old");
  for (let i = 0; i < 3; i++) segments.next(disk.now()).close();
  const numbers = disk.paths.map((path) => path.slice("/d/connscribe-h-19700101T000000Z-".length));
  assertEquals(numbers, ["000007.ndjson.zst", "000008.ndjson", "000009.ndjson", "000010.ndjson"]);
  assert(segments.beginning?.previous?.endsWith("-000009.ndjson"));
});
