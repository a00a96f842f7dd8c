/** Compresses a file into another one. */
import type { Compression } from "./parse_rotation.ts";

/** What is to be done. */
export interface CompressJob {
  readonly path: string;
  readonly to: string;
  readonly compression: Compression;
}

/**
 * Compresses a file into another one, with the same mode and time, and waits until that is on the disk.
 *
 * @throws what the file system says; what there is of the other file is of no use.
 */
export async function compressFile({ path, to, compression }: CompressJob): Promise<void> {
  const { createGzip, createZstdCompress } = await import("node:zlib");
  const { Duplex } = await import("node:stream");
  const coder = compression === "gzip" ? createGzip() : createZstdCompress();
  const { readable, writable } = Duplex.toWeb(coder);
  const source = await Deno.open(path);
  const { mode, mtime, atime } = await source.stat();
  const target = await Deno.open(to, {
    write: true,
    create: true,
    truncate: true,
    mode: (mode ?? 0o640) & 0o777,
  });
  const feeding = source.readable.pipeTo(writable);
  try {
    const reader: ReadableStreamDefaultReader<Uint8Array> = readable.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      let rest = part.value;
      while (rest.length > 0) rest = rest.subarray(target.writeSync(rest));
    }
    await feeding;
    target.syncSync();
  } finally {
    await feeding.catch(() => {});
    target.close();
  }
  if (mtime !== null) await Deno.utime(to, atime ?? mtime, mtime);
}
