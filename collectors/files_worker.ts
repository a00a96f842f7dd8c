/** The worker of the collector `files`. */
import { serve, workerScope } from "../lib/worker/serve.ts";
import { FilesCollector } from "./files.ts";

serve(new FilesCollector(), workerScope());
