import { serve } from "../lib/worker/serve.ts";
import { ProcCollector } from "./proc.ts";
import { realSystem } from "../lib/system.ts";

serve(new ProcCollector(realSystem()), self as unknown as Parameters<typeof serve>[1]);
