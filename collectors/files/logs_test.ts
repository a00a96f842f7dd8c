import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { withDirectory } from "./files_test_tools.ts";
import { findLogs, type LogsOptions } from "./logs.ts";
import { seekRange } from "./seek.ts";
import { CONNSPY } from "./connspy.ts";
import { LogFile } from "./log_file.ts";

const OPTIONS: LogsOptions = { question: {}, lateUs: 0, seeks: true };

/** Microseconds of the first line of a log. */
const FIRST = 1_565_647_204_000_000;

/** A log of connspy: a line a second. */
function connspyLog(lines: number, begin = 0): string {
  let text = "";
  for (let i = 0; i < lines; i++) text += `${FIRST / 1e6 + begin + i} mia zyla\n`;
  return text;
}

/** Finds what is written to files of these names. */
async function found(
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  options: Partial<LogsOptions> = {},
) {
  let result: Awaited<ReturnType<typeof findLogs>> | undefined;
  await withDirectory(async (directory) => {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(directory + name, bytes);
    }
    result = await findLogs([`${directory}*`], { ...OPTIONS, ...options });
    for (const file of result.kept.values()) file[Symbol.dispose]();
    const plain = (text: string) => text.replaceAll(directory, "");
    result = {
      ...result,
      parts: result.parts.map((part) => ({ ...part, path: plain(part.path) })),
      problems: result.problems.map(plain),
    };
  });
  assert(result !== undefined);
  return result;
}

Deno.test("findLogs cuts a log into parts", async () => {
  const text = connspyLog(100);
  const { parts, bytes } = await found({ a: text }, { partBytes: 1000 });
  const ranges = parts.map(({ range }) => range);
  assertEquals(ranges, [
    { begin: 0, end: 1000 },
    { begin: 1000, end: text.length },
  ]);
  assertEquals(bytes, text.length);
});

Deno.test("findLogs puts logs into the order of their first times", async () => {
  const { parts } = await found({ a: connspyLog(5, 900), b: connspyLog(5), c: connspyLog(5, 900) });
  assertEquals(parts.map(({ path }) => path), ["b", "a", "c"]);
});

Deno.test("findLogs takes only what a question is about, unless it may not seek", async () => {
  const text = connspyLog(10_000);
  const question = { since: FIRST + 5e9, until: FIRST + 5.01e9 };
  const { parts: [part, ...none], bytes } = await found({ a: text }, { question });
  assertEquals(none, []);
  const { begin = 0, end = 0 } = part?.range ?? {};
  assert(begin > 0 && end < text.length && end - begin < 30_000, `${begin} to ${end}`);
  assertEquals(bytes, end - begin);
  const whole = await found({ a: text }, { question, seeks: false });
  assertEquals(whole.parts.map(({ range }) => range), [{ begin: 0, end: text.length }]);
});

Deno.test("findLogs takes a compressed log as a whole", async () => {
  const { parts } = await found({ a: new Uint8Array(gzipSync(connspyLog(100))) });
  assertEquals(parts.map((part) => "range" in part), [false]);
});

Deno.test("findLogs gives a part the header that holds where it begins", async () => {
  const header = (columns: string) => `#fields\t${columns.replaceAll(" ", "\t")}\n`;
  const columns =
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration conn_state";
  let text = header(columns);
  for (let i = 0; i < 4000; i++) {
    if (i === 2000) text += header(columns + " local_orig");
    const cells = [FIRST / 1e6 + 60 * i, "C1", "10.0.0.1", 1, "10.0.0.2", 2, "tcp", "-", "-", "SF"];
    text += [...cells, ...(i < 2000 ? [] : ["T"])].join("\t") + "\n";
  }
  const question = { since: FIRST + 3900 * 60e6 };
  const { parts: [part] } = await found({ "conn.log": text }, { question });
  assert((part?.range?.begin ?? 0) > 150_000);
  assertEquals(part?.head, [header(columns + " local_orig").trimEnd()]);
});

Deno.test("findLogs says what it cannot read, and why", async () => {
  const { parts, problems } = await found({
    a: connspyLog(5),
    b: Uint8Array.of(1, 2, 0, 10, 3),
    c: "What is this?\n",
    d: "x".repeat(100_000) + "\n" + connspyLog(5),
    e: new Uint8Array(gzipSync(connspyLog(5))).slice(0, 12),
  });
  assertEquals(parts.map(({ path }) => path), ["a"]);
  const [binary, text, long, broken, ...none] = problems;
  assertEquals(
    binary,
    'cannot read "b": it is no text: if it is a log, name its format with --log-format',
  );
  assert(text?.startsWith('cannot tell the format of "c": name it with --log-format, one of '));
  assert(long?.startsWith('cannot tell the format of "d": '));
  assert(broken?.startsWith('cannot read all of "e": '), broken);
  assertEquals(none, []);
});

Deno.test("findLogs knows a log by its other lines where a crash has left zeros", async () => {
  const { parts, problems } = await found({ a: "\0".repeat(4096) + "\n" + connspyLog(5) });
  assertEquals([parts.map(({ format }) => format), problems], [["connspy"], []]);
});

Deno.test("findLogs says nothing of empty and blank logs", async () => {
  const { parts, problems, kept } = await found({ a: "", b: "\n\r\n \n", c: connspyLog(1) });
  assertEquals([parts.length, problems, kept.size], [1, [], 0]);
});

Deno.test("findLogs reads whatever it is told the format of", async () => {
  const files = {
    a: "x".repeat(100_000) + "\n" + connspyLog(5),
    b: "\0\0\0\n" + connspyLog(5),
    c: "What is this?\n",
  };
  const { parts, problems } = await found(files, { format: "connspy" });
  assertEquals([parts.map(({ path }) => path).sort(), problems], [["a", "b", "c"], []]);
});

Deno.test("findLogs keeps open what can be opened only once", async () => {
  const path = `/proc/self/net/unix`;
  const { parts, kept } = await findLogs([path], { ...OPTIONS, format: "connspy" });
  assertEquals(parts.map(({ range }) => range), [undefined]);
  assertEquals([...kept.keys()], [path]);
  for (const file of kept.values()) file[Symbol.dispose]();
});

Deno.test("seekRange reads little of a large log, and gives little of it", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    const chunk = 50_000;
    const lines = 24 * chunk;
    for (let i = 0; i < lines; i += chunk) {
      await Deno.writeTextFile(path, connspyLog(chunk, i), { append: true });
    }
    using file = await LogFile.open(path);
    assert(file.size > 20 * 2 ** 20, `${file.size} bytes`);
    const since = FIRST + (lines - 1000) / 3 * 1e6;
    const lateUs = 300e6;
    const { begin, end, bytesRead } = seekRange(file, CONNSPY, {
      since,
      until: since + 300e6,
      lateUs,
    });
    assert(bytesRead < file.size / 100, `${bytesRead} bytes read`);
    // 300 lines that are wanted, as many on each side that may be late, and what is not worth a look.
    assert(end - begin < 900 * 21 + 2 * 8192, `${begin} to ${end}`);
    const buffer = new Uint8Array(end - begin);
    assertEquals(file.readAt(buffer, begin), buffer.length);
    const text = new TextDecoder().decode(buffer);
    for (let i = 0; i < 300; i++) assert(text.includes(`\n${Math.ceil(since / 1e6) + i} `));
  });
});
