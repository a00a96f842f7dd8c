/** Reads files of the kernel's trace that must be read at once. */
import type { System } from "../../lib/system.ts";

/** Larger than any such file. */
const SIZE = 16_384;

/**
 * Reads a file with one read. Some have nothing at another place than their beginning (show_header_page_file
 * of kernel/trace/trace_events.c), some are made anew for every read (`stats`): a function that reads a file
 * piece by piece, as Deno's do, gets the first few bytes, or parts that do not fit together.
 */
export function readOnce(system: Pick<System, "openRead">, path: string): Uint8Array {
  const file = system.openRead(path);
  try {
    const buffer = new Uint8Array(SIZE);
    return buffer.subarray(0, file.readStart(buffer));
  } finally {
    file.close();
  }
}
