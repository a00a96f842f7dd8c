/** A thread that searches parts of logs for `query`. */
import type { FromSearcher, ToSearcher } from "../lib/query/task.ts";
import { serveSearch } from "../lib/query/serve.ts";
import { workerScope } from "../lib/worker/serve.ts";

serveSearch(workerScope<ToSearcher, FromSearcher>());
