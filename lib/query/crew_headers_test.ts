import { assert, assertEquals } from "@std/assert";
import { withDirectory } from "../../collectors/files/files_test_tools.ts";
import { ask } from "./ask_test_tools.ts";
import { question } from "./query_test_tools.ts";
import { type AnswerSpec, MAX_UNWRITTEN } from "./task.ts";

const LINES: AnswerSpec = { kind: "lines", format: "ndjson", context: { color: false, now: 0 } };
const NAMES: AnswerSpec = { kind: "names", by: "host", maxBytes: 1e6 };
const OPTIONS = { lateUs: 0, seeks: false };

/** A CSV whose two ends change their columns after some lines. */
function csvLog(lines: number, changes: number): string {
  const ends = ["local_ip,remote_ip", "remote_ip,local_ip"];
  const header = (end = "") =>
    `time,event,connection_id,direction,outcome,attribution,collector,${end}\n`;
  let text = header(ends[0]);
  for (let i = 0; i < lines; i++) {
    if (i === changes) text += header(ends[1]);
    const time = new Date(1_565_647_204_351 + i).toISOString();
    const cells = i < changes ? "10.0.0.1,10.0.0.2" : "10.0.0.2,10.0.0.1";
    text += `${time},open,c${i},egress,unknown,none,proc,${cells}\n`;
  }
  return text;
}

Deno.test("Crew searches parts again that were read by the wrong header", async () => {
  const lines = 6000;
  await withDirectory(async (directory) => {
    const path = `${directory}a.csv`;
    for (const changes of [100, lines / 2]) {
      await Deno.writeTextFile(path, csvLog(lines, changes));
      for (const threads of [2, 3]) {
        const asked = question({ to: ["10.0.0.2"] });
        const options = { ...OPTIONS, partBytes: 50_000, threads };
        const found = await ask([path], asked, LINES, options);
        assertEquals([found.matched, found.lines.length], [lines, lines]);
        const times = found.lines.map((line) => line.slice(15, 42));
        assertEquals(times, times.toSorted());
        assert(found.results.length > 5);
        const names = await ask([path], asked, NAMES, options);
        assertEquals(names.lines, [`${lines} 10.0.0.1`, `${lines} 10.0.0.2`]);
      }
    }
  });
});

Deno.test("Crew does not wait for itself where all threads have more than may wait, and a part is searched again", async () => {
  // Each record takes some 500 bytes, and each part gives more than may wait.
  const lines = Math.ceil(5 * MAX_UNWRITTEN / 500);
  await withDirectory(async (directory) => {
    const path = `${directory}a.csv`;
    await Deno.writeTextFile(path, csvLog(lines, 100));
    const options = { ...OPTIONS, partBytes: 2_200_000, threads: 2 };
    const found = await ask([path], question(), LINES, options);
    assertEquals([found.matched, found.lines.length], [lines, lines]);
    assert(found.results.length > 3, `${found.results.length} parts`);
  });
});
