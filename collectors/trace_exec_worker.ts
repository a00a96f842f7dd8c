/** The thread of the collector `trace` that reads processes as they execute something. */
import { realSystem } from "../lib/system.ts";
import { type ExecMessage, type ExecReadingsStart, readExecs } from "./trace/exec_readings.ts";
import { hurry } from "./trace/hurry.ts";

// The types of a window's and a worker's global scope exclude each other; a worker it is.
const scope = globalThis as unknown as {
  postMessage(message: ExecMessage): void;
  onmessage: ((event: MessageEvent<ExecReadingsStart>) => void) | null;
};

scope.onmessage = async ({ data }) => {
  const system = realSystem();
  await hurry(system);
  readExecs(system, data, (message) => scope.postMessage(message));
};
