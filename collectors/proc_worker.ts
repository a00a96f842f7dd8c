/** The worker of the collector `proc`. */
import { realSystem } from "../lib/system.ts";
import { serve, workerScope } from "../lib/worker/serve.ts";
import { ProcCollector } from "./proc.ts";

serve(new ProcCollector(realSystem()), workerScope());
