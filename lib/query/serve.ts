/** The worker's side of a search. */
import type { WorkerScope } from "../worker/serve.ts";
import { PartSearch } from "./part_search.ts";
import { Searcher } from "./search.ts";
import { type FromSearcher, MAX_UNWRITTEN, type Task, type ToSearcher } from "./task.ts";

/** How much is read between two messages that tell of it, bytes: the other thread is to search, too. */
const READ_STEP = 4 * 1024 * 1024;

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
  /** Bytes that have been read and are not told. */
  let read = 0;

  async function give(index: number, lines: Uint8Array<ArrayBuffer>): Promise<void> {
    unwritten += lines.length;
    scope.postMessage({ type: "lines", index, lines });
    await room();
  }

  function giveRun(run: Uint8Array<ArrayBuffer>, of: { index?: number } = {}): void {
    unwritten += run.length;
    scope.postMessage({ type: "run", run, ...of }, [run.buffer]);
  }

  async function room(): Promise<void> {
    while (unwritten > MAX_UNWRITTEN) await new Promise<void>((resolve) => wake = resolve);
  }

  function countRead(bytes: number, { blockBytes = READ_STEP }: Task): void {
    read += bytes;
    if (read >= blockBytes) tellRead();
  }

  function tellRead(): void {
    if (read > 0) scope.postMessage({ type: "read", bytes: read });
    read = 0;
  }

  async function handle(message: Exclude<ToSearcher, { type: "written" }>): Promise<void> {
    if (message.type === "task") {
      searcher = Searcher.create(message.task, {
        onRun: (run) => giveRun(run),
        ...(message.tellsRead && { onRead: (bytes: number) => countRead(bytes, message.task) }),
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
      const result = await parts.search(part, {
        onLines: (lines) => give(index, lines),
        onRun: (run) => giveRun(run, { index }),
      });
      scope.postMessage({ type: "found", index, result });
      return;
    }
    ready.finish();
    tellRead();
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
