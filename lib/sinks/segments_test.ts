import { assert, assertEquals, assertThrows } from "@std/assert";
import { ExitError } from "../exit.ts";
import { Segments } from "./segments.ts";
import { TestDisk } from "./test_disk.ts";

const OPTIONS = { host: { id: "h", name: "h" }, extension: "ndjson" };

function open(disk: TestDisk): Segments {
  disk.makeDir("/d");
  return Segments.open(disk, "/d", OPTIONS);
}

Deno.test("Segments makes its directory again, with its lock, when somebody has removed it", () => {
  const disk = new TestDisk();
  using segments = open(disk);
  segments.next(disk.now()).close();
  const [first = ""] = disk.paths;
  disk.removeDir("/d");
  segments.again(disk.now()).close();
  assert(first.endsWith("-000001.ndjson") && disk.paths[0]?.endsWith("-000002.ndjson"));
  assertThrows(() => Segments.open(disk, "/d", OPTIONS), ExitError, "another process writes");
});

Deno.test("Segments leaves a directory to whoever writes there since it was removed", () => {
  const disk = new TestDisk();
  using segments = open(disk);
  disk.removeDir("/d");
  using _others = open(disk);
  // The lock is that of others, and its file is there.
  assert(disk.stat("/d/.connscribe.lock") !== undefined);
  assertThrows(() => segments.again(disk.now()), Error, "another process writes to it");
});

Deno.test("Segments takes no directory for a segment that ends in the middle of a line", () => {
  const disk = new TestDisk();
  using segments = open(disk);
  disk.makeDir("/d/connscribe-h-19700101T000000Z-000007.ndjson");
  assertEquals(segments.mend(() => {}), 0);
});
