/** The thread that looks how much of a disk is free, and compresses files. */
import { workerScope } from "../worker/serve.ts";
import { compressFile } from "./compress_file.ts";
import type { FromDisk, ToDisk } from "./disk_messages.ts";
import { lackingKib } from "./free_space.ts";
import { ioErrorText } from "./io_error.ts";

/** How often it looks how much is free, milliseconds. */
const LOOK_MS = 500;

const scope = workerScope<ToDisk, FromDisk>();

scope.onmessage = async ({ data }) => {
  if (data.type === "compress") {
    scope.postMessage({ type: "compressed", ...await problemOf(() => compressFile(data)) });
    return;
  }
  const { directory, minFree } = data;
  if (minFree === undefined) {
    scope.postMessage({ type: "ready" });
    return;
  }
  const found = new Int32Array(data.found);
  const lacking = await lackingKib(directory, minFree);
  const look = () => {
    Atomics.store(found, 0, lacking());
    Atomics.add(found, 1, 1);
  };
  const first = await problemOf(look);
  scope.postMessage({ type: "ready", ...first });
  setInterval(() => {
    try {
      look();
    } catch {
      // The directory is not there for now: what was seen last counts.
    }
  }, LOOK_MS);
};

async function problemOf(act: () => void | Promise<void>): Promise<{ problem?: string }> {
  try {
    await act();
    return {};
  } catch (error) {
    return { problem: ioErrorText(error) };
  }
}
