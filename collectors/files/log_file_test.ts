import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { withDirectory } from "./files_test_tools.ts";
import { LogFile } from "./log_file.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Lines that do not compress too well. */
const TEXT = Array.from({ length: 40_000 }, (_, i) => `${i} ${Math.imul(i, 2654435761) >>> 0}\n`)
  .join("");

/** What a log with these bytes gives, read so many bytes at a time. */
async function readAll(bytes: Uint8Array, size = 65_536) {
  let result = { compression: "", seekable: false, text: "", problem: "" };
  await withDirectory(async (directory) => {
    await Deno.writeFile(`${directory}log`, bytes);
    using file = await LogFile.open(`${directory}log`);
    const parts: string[] = [];
    const buffer = new Uint8Array(size);
    const stream = new TextDecoder();
    for (let length; (length = await file.read(buffer)) > 0;) {
      parts.push(stream.decode(buffer.subarray(0, length), { stream: true }));
    }
    const { compression, seekable, problem = "" } = file;
    result = {
      compression,
      seekable,
      text: parts.join(""),
      problem: problem.replace(directory, ""),
    };
  });
  return result;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const COMPRESS = {
  gzip: (text: string) => new Uint8Array(gzipSync(text)),
  zstd: (text: string) => new Uint8Array(zstdCompressSync(encoder.encode(text))),
};

Deno.test("LogFile reads a plain file from any place on", async function () {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}log`, "one\ntwo\n");
    using file = await LogFile.open(`${directory}log`);
    const buffer = new Uint8Array(100);
    assertEquals([file.size, file.seekable, file.compression], [8, true, "none"]);
    assertEquals(decoder.decode(await file.head()), "one\ntwo\n");
    assertEquals(decoder.decode(buffer.subarray(0, await file.read(buffer))), "one\ntwo\n");
    file.seek(4);
    assertEquals(file.read(buffer), 4);
    assertEquals(decoder.decode(buffer.subarray(0, 4)), "two\n");
    file.seek(0);
    await file.head();
    file.seek(7);
    assertEquals(file.read(buffer), 1);
    assertEquals(file.readAt(buffer, 2), 6);
    assertEquals(file.readAt(buffer, 100), 0);
  });
});

for (const compression of ["gzip", "zstd"] as const) {
  const compress = COMPRESS[compression];

  Deno.test(`LogFile reads ${compression}, also of several parts`, async function () {
    const expected = { compression, seekable: false, text: TEXT, problem: "" };
    assertEquals(await readAll(compress(TEXT)), expected);
    const parts = [TEXT.slice(0, 7), "", TEXT.slice(7, 100_000), TEXT.slice(100_000)];
    assertEquals(await readAll(joined(...parts.map(compress)), 1000), expected);
  });

  Deno.test(`LogFile reads what is before the tear of torn ${compression}`, async function () {
    const whole = compress(TEXT);
    const { text, problem } = await readAll(whole.subarray(0, whole.length - 1000));
    assert(text.length > TEXT.length / 2 && TEXT.startsWith(text));
    assertStringIncludes(problem, 'cannot read all of "log": the compressed data is torn');
    const second = joined(whole, whole.subarray(0, 10));
    assertEquals((await readAll(second)).text, TEXT);
    assertStringIncludes((await readAll(second)).problem, "torn");
  });

  Deno.test(`LogFile says that ${compression} is corrupt`, async function () {
    const bytes = compress(TEXT);
    bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 2000);
    const { text, problem } = await readAll(bytes);
    assert(text.length < TEXT.length);
    assertStringIncludes(problem, "corrupt");
  });

  Deno.test(`LogFile gives the head of ${compression} and then all of it`, async function () {
    await withDirectory(async (directory) => {
      await Deno.writeFile(`${directory}log`, compress(TEXT));
      using file = await LogFile.open(`${directory}log`);
      assertEquals(decoder.decode(await file.head()), TEXT.slice(0, 65_536));
      const buffer = new Uint8Array(10);
      assertEquals(decoder.decode(buffer.subarray(0, await file.read(buffer))), TEXT.slice(0, 10));
    });
  });

  Deno.test(`LogFile can be closed in the middle of ${compression}`, async function () {
    await withDirectory(async (directory) => {
      await Deno.writeFile(`${directory}log`, compress(TEXT));
      using file = await LogFile.open(`${directory}log`);
      assert(await file.read(new Uint8Array(10)) > 0);
    });
  });

  Deno.test(`LogFile never throws for what begins as ${compression}`, async function () {
    const magic = compress("").subarray(0, 4);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        await readAll(joined(magic, bytes));
      }),
      { numRuns: 100 },
    );
  });
}

Deno.test("LogFile passes over zstd frames that stand for nothing", async function () {
  const nothing = new Uint8Array([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const zstd = COMPRESS.zstd("a\n");
  const { text, problem } = await readAll(joined(nothing, zstd, nothing, zstd, nothing));
  assertEquals({ text, problem }, { text: "a\na\n", problem: "" });
});

Deno.test("LogFile says so where zstd goes on with something else", async function () {
  const { text, problem } = await readAll(joined(COMPRESS.zstd("a\n"), encoder.encode("b\nc\n")));
  assertEquals(text, "a\n");
  assertEquals(
    problem,
    'cannot read all of "log": the compressed data goes on with something else',
  );
});

Deno.test("LogFile reads a file that is empty or shorter than a magic number", async function () {
  for (const text of ["", "a", "a\n\n"]) {
    const { seekable, ...rest } = await readAll(encoder.encode(text));
    assertEquals(rest, { compression: "none", text, problem: "" });
    assertEquals(seekable, text !== "");
  }
});

Deno.test("LogFile reads a pipe, of its head what is there", async function () {
  await withDirectory(async (directory) => {
    const path = `${directory}p`;
    await new Deno.Command("mkfifo", { args: [path] }).output();
    const [file, writer] = await Promise.all([
      LogFile.open(path),
      Deno.open(path, { write: true }).then(async (writer) => {
        await writer.write(encoder.encode("\n12 a"));
        return writer;
      }),
    ]);
    using _file = file;
    assertEquals([file.size, file.seekable, file.compression], [0, false, "none"]);
    const [head] = await Promise.all([file.head(), writer.write(encoder.encode("b\n"))]);
    assertEquals(decoder.decode(head), "\n12 ab\n");
    writer.close();
    const buffer = new Uint8Array(100);
    assertEquals(await file.read(buffer), 7);
    assertEquals(await file.read(buffer), 0);
    assertEquals(file.problem, undefined);
  });
});

Deno.test("LogFile.open says in a sentence why it cannot be read", async function () {
  await withDirectory(async (directory) => {
    const missing = await assertRejects(() => LogFile.open(`${directory}no`), Error);
    assertStringIncludes(missing.message, '/no": there is no such file');
    const folder = await assertRejects(() => LogFile.open(directory), Error);
    assertStringIncludes(folder.message, "it is a directory");
  });
});
