import { assert, assertEquals, assertLess } from "@std/assert";
import { tinyFormat, withDirectory } from "./files_test_tools.ts";
import { LogFile } from "./log_file.ts";
import { seekRange } from "./seek.ts";
import { generateLog, memoryFile, ORIGIN } from "./seek_test_tools.ts";

const SORTED = {
  seed: 5,
  lines: 5000,
  disorder: 0,
  gap: 1000,
  padding: 60,
  untimed: 0,
  huge: 0,
  isPrompt: true,
  torn: 0,
};

Deno.test("seekRange reads little of a large log, and finds little more than is wanted", async function () {
  const line = (i: number) => `${ORIGIN + i * 1000} ${"x".repeat(46)}\n`;
  const size = 64 * 1024 * 1024;
  const lines = size / 64;
  await withDirectory(async (directory) => {
    const path = `${directory}log`;
    let written = 0;
    for (let i = 0; i < 64; i++, written += lines / 64) {
      const part = Array.from({ length: lines / 64 }, (_, j) => line(written + j)).join("");
      await Deno.writeTextFile(path, part, { append: true });
    }
    using file = await LogFile.open(path);
    assertEquals(file.size, size);
    const since = ORIGIN + 600_000 * 1000;
    const wanted = { since, until: since + 1_000_000, lateUs: 0 };
    const { begin, end, bytesRead } = seekRange(file, tinyFormat(), wanted);
    assertLess(bytesRead, size / 400);
    assert(begin <= 600_000 * 64 && begin > 600_000 * 64 - 10_000);
    assert(end >= 601_000 * 64 && end < 601_000 * 64 + 10_000);
  });
});

Deno.test("seekRange counts with milliseconds as with any unit of the format", function () {
  const { bytes, records } = generateLog(SORTED);
  const format = tinyFormat();
  const inMilliseconds = tinyFormat({ written: (line) => (format.written(line) ?? 0) * 1000 });
  const since = (records[2500]?.time ?? 0) * 1000;
  const { begin } = seekRange(memoryFile(bytes), inMilliseconds, { since, lateUs: 0 });
  assert(begin > bytes.length / 3);
});

Deno.test("seekRange does not go by the torn last line", function () {
  const { bytes, records, format } = generateLog(SORTED);
  const lastLine = records.at(-1)?.at ?? 0;
  // What is left of its time is a very early one.
  const torn = bytes.subarray(0, lastLine + 5);
  const { begin } = seekRange(memoryFile(torn), format, { since: ORIGIN, lateUs: 0 });
  assertEquals(begin, 0);
});

Deno.test("seekRange gives a log whole that is seen to be out of order", function () {
  const { bytes, records, format } = generateLog(SORTED);
  const middle = records[4000]?.at ?? 0;
  const swapped = new Uint8Array([...bytes.subarray(middle), ...bytes.subarray(0, middle)]);
  const since = records[4500]?.time ?? 0;
  const { begin, end } = seekRange(memoryFile(swapped), format, { since, lateUs: 0 });
  assertEquals({ begin, end }, { begin: 0, end: swapped.length });
});

Deno.test("seekRange looks for the end only where lines are written at the time of their record", function () {
  const { bytes, records, format } = generateLog(SORTED);
  const wanted = { until: records[1000]?.time ?? 0, lateUs: 0 };
  assertLess(seekRange(memoryFile(bytes), format, wanted).end, bytes.length / 2);
  const late = seekRange(memoryFile(bytes), { ...format, isPrompt: false }, wanted);
  assertEquals(late, { begin: 0, end: bytes.length, bytesRead: 0 });
});

Deno.test("seekRange does not search what cannot be read from any place", function () {
  const { bytes, format } = generateLog(SORTED);
  const everything = { begin: 0, end: Infinity, bytesRead: 0 };
  const wanted = { since: ORIGIN, lateUs: 0 };
  const file = memoryFile(bytes);
  assertEquals(seekRange({ ...file, seekable: false }, format, wanted), everything);
  assertEquals(seekRange(file, { ...format, seekable: false }, wanted), everything);
});

Deno.test("seekRange reads to the end of a file that has become shorter", function () {
  const { bytes, records, format } = generateLog(SORTED);
  const cut = records[1000]?.at ?? 0;
  const file = { ...memoryFile(bytes.subarray(0, cut)), size: bytes.length };
  const since = records[500]?.time ?? 0;
  const { begin, end } = seekRange(file, format, { since, lateUs: 0 });
  assert(begin <= (records[500]?.at ?? 0));
  assertEquals(end, bytes.length);
});

Deno.test("seekRange passes over lines that are longer than its reads", function () {
  const { bytes, records, format } = generateLog({ ...SORTED, lines: 300, huge: 100 });
  const since = records[200]?.time ?? 0;
  const { begin } = seekRange(memoryFile(bytes), format, { since, lateUs: 0 });
  assert(begin > bytes.length / 4 && begin <= (records[200]?.at ?? 0));
});
