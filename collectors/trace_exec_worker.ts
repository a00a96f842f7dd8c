/** The thread of the collector `trace` that reads processes as they execute something. */
import { realSystem } from "../lib/system.ts";
import { workerScope } from "../lib/worker/serve.ts";
import { type ExecMessage, type ExecReadingsStart, readExecs } from "./trace/exec_readings.ts";
import { hurry } from "./trace/hurry.ts";

const scope = workerScope<ExecReadingsStart, ExecMessage>();

scope.onmessage = async ({ data }) => {
  const system = realSystem();
  await hurry(system);
  readExecs(system, data, (message) => scope.postMessage(message));
};
