/** The worker of the collector `littlesnitch`. */
import { realSystem } from "../lib/system.ts";
import { serve, workerScope } from "../lib/worker/serve.ts";
import { LittleSnitchCollector } from "./littlesnitch.ts";

serve(new LittleSnitchCollector(realSystem()), workerScope());
