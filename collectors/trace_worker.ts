/** The worker of the collector `trace`. */
import { realSystem } from "../lib/system.ts";
import { serve, workerScope } from "../lib/worker/serve.ts";
import { TraceCollector } from "./trace.ts";

serve(new TraceCollector(realSystem()), workerScope());
