import { assert, assertEquals, assertRejects } from "@std/assert";
import { withDirectory } from "../../collectors/files/files_test_tools.ts";
import { LogFile } from "../../collectors/files/log_file.ts";
import { findLogs } from "../../collectors/files/logs.ts";
import { ExitError } from "../exit.ts";
import { ask } from "./ask_test_tools.ts";
import { Crew } from "./crew.ts";
import { question } from "./query_test_tools.ts";
import { type AnswerSpec, MAX_UNWRITTEN, type PartResult } from "./task.ts";

const LINES: AnswerSpec = { kind: "lines", format: "ndjson", context: { color: false, now: 0 } };
const OPTIONS = { lateUs: 0, seeks: false, partBytes: 4000 };

/** A log of connspy: a line a millisecond. */
function connspyLog(lines: number, from = "mia"): string {
  let text = "";
  for (let i = 0; i < lines; i++) text += `${1_565_647_204_351 + i} ${from}${i % 10} zyla\n`;
  return text;
}

Deno.test("Crew gives lines in the order of the logs, however many threads search", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    await Deno.writeTextFile(path, connspyLog(3000));
    const one = await ask([path], question(), LINES, { ...OPTIONS, threads: 1 });
    assertEquals(one.matched, 3000);
    const times = one.lines.map((line) => line.slice(15, 39));
    assertEquals(times, times.toSorted());
    for (const threads of [2, 3]) {
      const more = await ask([path], question(), LINES, { ...OPTIONS, threads });
      assertEquals([more.matched, more.lines.length], [3000, 3000]);
      assert(more.lines.every((line, i) => line === one.lines[i]));
    }
  });
});

Deno.test("Crew gives more lines than may wait, whoever finds them", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    // Each record takes some 500 bytes.
    const lines = Math.ceil(2.5 * MAX_UNWRITTEN / 500);
    await Deno.writeTextFile(path, connspyLog(lines));
    for (const threads of [1, 2]) {
      const options = { ...OPTIONS, partBytes: 500_000, threads };
      const { matched, lines: found } = await ask([path], question(), LINES, options);
      assertEquals([matched, found.length], [lines, lines]);
    }
  });
});

/** Fails after so many milliseconds, and stops the crew. */
async function inTime(crew: Crew, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the crew waits for longer than ${ms} ms`)), ms);
  });
  try {
    await Promise.race([crew.run(), late]);
  } finally {
    clearTimeout(timer);
    crew.stop();
  }
}

Deno.test("Crew never waits for its own turn, whichever log is open already", async () => {
  await withDirectory(async (directory) => {
    const [first = "", second = ""] = ["a.log", "b.log"].map((name) => directory + name);
    await Deno.writeTextFile(first, connspyLog(10));
    await Deno.writeTextFile(second, connspyLog(Math.ceil(1.5 * MAX_UNWRITTEN / 500)));
    const logs = await findLogs([first, second], { ...OPTIONS, partBytes: 1e9, question: {} });
    using file = await LogFile.open(second);
    const results: string[] = [];
    using crew = new Crew({
      task: { question: question(), answer: LINES, errors: false },
      parts: logs.parts,
      kept: new Map([[second, file]]),
      threads: 1,
      onLines() {},
      onResult: ({ path }) => results.push(path),
      onRun() {},
    });
    await inTime(crew, 120_000);
    assertEquals(results, [first, second]);
  });
});

Deno.test("Crew stops when nobody wants to know more", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    await Deno.writeTextFile(path, connspyLog(50_000));
    for (const threads of [1, 2]) {
      const logs = await findLogs([path], { ...OPTIONS, question: {} });
      const results: PartResult[] = [];
      let calls = 0;
      using crew: Crew = new Crew({
        task: { question: question(), answer: LINES, errors: false },
        parts: logs.parts,
        kept: logs.kept,
        threads,
        onLines() {
          calls++;
          crew.stop();
        },
        onResult: (_part, result) => results.push(result),
        onRun() {},
      });
      await crew.run();
      assertEquals([calls, results], [1, []]);
    }
  });
});

Deno.test("Crew says why a part cannot be read, and reads the others", async () => {
  await withDirectory(async (directory) => {
    const paths = ["a.log", "b.log", "c.log"].map((name) => directory + name);
    for (const path of paths) await Deno.writeTextFile(path, connspyLog(300));
    for (const threads of [1, 2]) {
      const logs = await findLogs(paths, { ...OPTIONS, question: {} });
      await Deno.remove(paths[1] ?? "");
      const results: PartResult[] = [];
      using crew = new Crew({
        task: { question: question(), answer: { kind: "count" }, errors: false },
        ...logs,
        threads,
        onLines() {},
        onResult: (_part, result) => results.push(result),
        onRun() {},
      });
      await crew.run();
      assertEquals(results.length, logs.parts.length);
      assertEquals(results.reduce((sum, { matched }) => sum + matched, 0), 600);
      const problems = new Set(results.flatMap(({ problem }) => problem ?? []));
      assertEquals([...problems], [`cannot read "${paths[1]}": there is no such file`]);
      await Deno.writeTextFile(paths[1] ?? "", connspyLog(300));
    }
  });
});

Deno.test("Crew fails where a thread cannot begin, and does not hang", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    await Deno.writeTextFile(path, connspyLog(300));
    const logs = await findLogs([path], { ...OPTIONS, question: {} });
    using crew = new Crew({
      // The command line would have refused it.
      task: {
        question: question({ filters: { port: ["no port"] } }),
        answer: { kind: "count" },
        errors: false,
      },
      ...logs,
      threads: 2,
      onLines() {},
      onResult() {},
      onRun() {},
    });
    const error = await assertRejects(() => crew.run());
    assert(
      error instanceof ExitError || error instanceof RangeError || error instanceof SyntaxError,
    );
  });
});
