/** The worker of the collector `conntrack`. */
import { realSystem } from "../lib/system.ts";
import { serve, workerScope } from "../lib/worker/serve.ts";
import { ConntrackCollector } from "./conntrack.ts";

serve(new ConntrackCollector(realSystem()), workerScope());
