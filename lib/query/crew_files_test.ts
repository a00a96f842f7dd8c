import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { withDirectory } from "../../collectors/files/files_test_tools.ts";
import { LogFile } from "../../collectors/files/log_file.ts";
import { findLogs } from "../../collectors/files/logs.ts";
import { Crew } from "./crew.ts";
import { question } from "./query_test_tools.ts";
import type { PartResult } from "./task.ts";

const TASK = { question: question(), answer: { kind: "count" }, errors: false } as const;
const OPTIONS = { question: {}, lateUs: 0, seeks: false };

/** A log of connspy: a line a millisecond. */
function connspyLog(lines: number): string {
  let text = "";
  for (let i = 0; i < lines; i++) text += `${1_565_647_204_351 + i} mia${i % 10} zyla\n`;
  return text;
}

Deno.test("Crew says that a log was replaced or cut after it was found", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    const changes = {
      replaced: async () => {
        await Deno.writeTextFile(`${path}.1`, connspyLog(600));
        await Deno.rename(`${path}.1`, path);
      },
      cut: () => Deno.truncate(path, 100),
    };
    for (const [change, apply] of Object.entries(changes)) {
      for (const threads of [1, 2]) {
        await Deno.writeTextFile(path, connspyLog(300));
        const logs = await findLogs([path], { ...OPTIONS, partBytes: 4000 });
        await apply();
        const results: PartResult[] = [];
        using crew = new Crew({
          task: TASK,
          ...logs,
          threads,
          onLines() {},
          onResult: (_part, result) => results.push(result),
          onRun() {},
        });
        await crew.run();
        const problems = new Set(results.map(({ problem }) => problem));
        assertEquals([...problems], [`"${path}" was replaced while it was read`], change);
        assertEquals(results.map(({ matched }) => matched), logs.parts.map(() => 0));
      }
    }
  });
});

Deno.test("Crew tells how much has been read of what is stored, also before a part ends", async () => {
  await withDirectory(async (directory) => {
    // Names that compression cannot make much shorter.
    const name = (i: number) => (Math.imul(i, 0x9e3779b1) >>> 0).toString(36);
    const lines = Array.from(
      { length: 80_000 },
      (_, i) => `${1565647204351 + i} ${name(i)} zyla\n`,
    );
    const text = lines.join("");
    const [plain, packed] = [`${directory}a.log`, `${directory}b.gz`];
    await Deno.writeTextFile(plain, text);
    await Deno.writeFile(packed, new Uint8Array(gzipSync(text)));
    for (const path of [plain, packed]) {
      const { size } = await Deno.stat(path);
      for (const threads of [1, 2]) {
        const seen: number[] = [];
        using crew = new Crew({
          task: { ...TASK, blockBytes: 5000 },
          ...await findLogs([path], OPTIONS),
          threads,
          onLines() {},
          onResult() {},
          onRead: (bytes) => seen.push(bytes),
          onRun() {},
        });
        await crew.run();
        const sum = seen.reduce((total, bytes) => total + bytes, 0);
        // What tells the compression has been read before.
        assert(sum > size * 0.9 && sum <= size, `${sum} of ${size}: ${path}`);
        assert(seen.length > 5, `${seen.length} times`);
      }
    }
  });
});

Deno.test("Crew says once of a log that it was cut while it was open, and counts what is left", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    await Deno.writeTextFile(path, connspyLog(300));
    const logs = await findLogs([path], { ...OPTIONS, partBytes: 4000 });
    using file = await LogFile.open(path);
    await Deno.truncate(path, connspyLog(200).length);
    const results: PartResult[] = [];
    using crew = new Crew({
      task: TASK,
      parts: logs.parts,
      kept: new Map([[path, file]]),
      threads: 1,
      onLines() {},
      onResult: (_part, result) => results.push(result),
      onRun() {},
    });
    await crew.run();
    const problems = new Set(results.flatMap(({ problem }) => problem ?? []));
    assertEquals([...problems], [`"${path}" was cut while it was read`]);
    assertEquals(results.reduce((sum, { matched }) => sum + matched, 0), 200);
  });
});
