/** Writes to the end, whatever an output takes at a time. */
import type { Output } from "../system.ts";

/** @throws what the output throws, and Error when it takes nothing. */
export function writeAll(output: Pick<Output, "write">, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length;) {
    const written = output.write(bytes.subarray(i));
    if (written <= 0) throw new Error("nothing was taken");
    i += written;
  }
}
