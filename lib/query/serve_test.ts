import { assert, assertEquals } from "@std/assert";
import { withDirectory } from "../../collectors/files/files_test_tools.ts";
import { findLogs } from "../../collectors/files/logs.ts";
import type { WorkerScope } from "../worker/serve.ts";
import { question } from "./query_test_tools.ts";
import { serveSearch } from "./serve.ts";
import { type FromSearcher, MAX_UNWRITTEN, type ToSearcher } from "./task.ts";

/** The other side of a worker: what it has said, and a way to wait for more. */
class FakeScope implements WorkerScope<ToSearcher, FromSearcher> {
  onmessage: WorkerScope<ToSearcher, FromSearcher>["onmessage"] = null;
  readonly said: FromSearcher[] = [];
  #wake: (() => void) | undefined;

  postMessage(message: FromSearcher): void {
    this.said.push(message);
    this.#wake?.();
  }

  tell(data: ToSearcher): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  /** Waits for a message, no longer than a while. Returns whether one has come. */
  async more(): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hasCome = await Promise.race([
      new Promise<boolean>((resolve) => this.#wake = () => resolve(true)),
      new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), 300)),
    ]);
    clearTimeout(timer);
    return hasCome;
  }

  /** Bytes of lines. */
  get bytes(): number {
    return this.said.reduce(
      (sum, each) => each.type === "lines" ? sum + each.lines.length : sum,
      0,
    );
  }
}

Deno.test("serveSearch gives no more lines than may wait, until some are written", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    await Deno.writeTextFile(path, "1565647204351 mia zyla\n".repeat(3 * MAX_UNWRITTEN / 500));
    const options = { question: {}, lateUs: 0, seeks: false, partBytes: 400_000 };
    const { parts } = await findLogs([path], options);
    const scope = new FakeScope();
    serveSearch(scope);
    const context = { color: false, now: 0 };
    scope.tell({
      type: "task",
      tellsRead: false,
      task: {
        question: question(),
        answer: { kind: "lines", format: "ndjson", context },
        errors: false,
      },
    });
    for (const [index, part] of parts.entries()) scope.tell({ type: "part", index, part });
    scope.tell({ type: "finish" });
    let written = 0;
    for (let rounds = 0; scope.said.at(-1)?.type !== "finished"; rounds++) {
      assert(rounds < 5000, "it does not end");
      const hasCome = await scope.more();
      const waiting = scope.bytes - written;
      assert(waiting < MAX_UNWRITTEN + 600_000, `${waiting} bytes wait`);
      // Only when it gives no more.
      if (hasCome || waiting === 0) continue;
      scope.tell({ type: "written", bytes: waiting });
      written = scope.bytes;
    }
    assert(scope.bytes > 2 * MAX_UNWRITTEN);
    assertEquals(scope.said.filter(({ type }) => type === "found").length, parts.length);
  });
});
