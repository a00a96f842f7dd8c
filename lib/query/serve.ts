/** The worker's side of a search. */
import type { WorkerScope } from "../worker/serve.ts";
import { PartSearch } from "./part_search.ts";
import { Searcher } from "./search.ts";
import type { FromSearcher, ToSearcher } from "./task.ts";

/** Does what the messages ask for, one after the other. */
export function serveSearch(scope: WorkerScope<ToSearcher, FromSearcher>): void {
  let searcher: Promise<Searcher> | undefined;
  let parts: PartSearch | undefined;
  let queue: Promise<void> = Promise.resolve();

  async function handle(message: ToSearcher): Promise<void> {
    if (message.type === "task") {
      searcher = Searcher.create(message.task, (run) => scope.postMessage({ type: "run", run }));
      return;
    }
    const ready = await searcher;
    if (ready === undefined) throw new TypeError("a part came before the task");
    parts ??= new PartSearch(ready);
    if (message.type === "part") {
      const result = await parts.search(message.part);
      scope.postMessage({ type: "found", index: message.index, result });
      return;
    }
    ready.finish();
    parts[Symbol.dispose]();
    scope.postMessage({ type: "finished" });
  }

  scope.onmessage = ({ data }) => {
    queue = queue.then(() => handle(data));
  };
}
