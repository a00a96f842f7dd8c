/** The worker's side of a search. */
import type { WorkerScope } from "../worker/serve.ts";
import { PartSearch } from "./part_search.ts";
import { Searcher } from "./search.ts";
import { type FromSearcher, MAX_UNWRITTEN, type ToSearcher } from "./task.ts";

/**
 * Does what the messages ask for, one after the other. It waits with more lines and runs while too many are
 * not written.
 */
export function serveSearch(scope: WorkerScope<ToSearcher, FromSearcher>): void {
  let searcher: Promise<Searcher> | undefined;
  let parts: PartSearch | undefined;
  let queue: Promise<void> = Promise.resolve();
  let unwritten = 0;
  let wake: (() => void) | undefined;

  async function give(index: number, lines: Uint8Array<ArrayBuffer>): Promise<void> {
    unwritten += lines.length;
    scope.postMessage({ type: "lines", index, lines });
    await room();
  }

  async function room(): Promise<void> {
    while (unwritten > MAX_UNWRITTEN) await new Promise<void>((resolve) => wake = resolve);
  }

  async function handle(message: Exclude<ToSearcher, { type: "written" }>): Promise<void> {
    if (message.type === "task") {
      searcher = Searcher.create(message.task, {
        onRun(run) {
          unwritten += run.length;
          scope.postMessage({ type: "run", run }, [run.buffer]);
        },
        onRead: (bytes) => scope.postMessage({ type: "read", bytes }),
        async proceed() {
          await room();
          return true;
        },
      });
      return;
    }
    const ready = await searcher;
    if (ready === undefined) throw new TypeError("a part came before the task");
    parts ??= new PartSearch(ready);
    if (message.type === "part") {
      const { index, part } = message;
      const result = await parts.search(part, (lines) => give(index, lines));
      scope.postMessage({ type: "found", index, result });
      return;
    }
    ready.finish();
    parts[Symbol.dispose]();
    scope.postMessage({ type: "finished" });
  }

  scope.onmessage = ({ data }) => {
    if (data.type === "written") {
      unwritten -= data.bytes;
      wake?.();
      return;
    }
    queue = queue.then(() => handle(data));
  };
}
