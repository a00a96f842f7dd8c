/** Files of the real system, as `lib/system.ts` has them. */
import type { AppendFile, PolledFile, ReadableFile, StoredFile } from "./system.ts";

function lastByte(path: string, appended: Deno.FsFile): number | undefined {
  // To read a pipe would take from its reader.
  if (!appended.statSync().isFile) return undefined;
  try {
    using file = Deno.openSync(path, { read: true });
    file.seekSync(-1, Deno.SeekMode.End);
    const byte = new Uint8Array(1);
    return file.readSync(byte) === 1 ? byte[0] : undefined;
  } catch {
    // It is empty, or may be written and not read.
    return undefined;
  }
}

/** Asked of the open file: its path may not be asked for any more (`dropPermissions`). */
function sizeOf(file: Deno.FsFile): number {
  try {
    return file.seekSync(0, Deno.SeekMode.End);
  } catch {
    // A pipe has no size.
    return 0;
  }
}

/**
 * What tells a regular file from others. The number of an inode is given to a later file again; the number
 * of a device may be another one after a boot, so it counts only where the time of birth is not known.
 */
function identityOf(file: Deno.FsFile): string | undefined {
  const { isFile, ino, birthtime, dev } = file.statSync();
  return isFile ? `${ino}-${birthtime?.getTime() ?? `on-${dev}`}` : undefined;
}

/** Opens a file for appending, and makes it with that mode if it is not there. */
export function openAppend(path: string, mode: number): AppendFile {
  const file = Deno.openSync(path, { append: true, create: true, mode });
  const identity = identityOf(file);
  return {
    write: (bytes) => file.writeSync(bytes),
    isTerminal: file.isTerminal(),
    size: () => sizeOf(file),
    truncate: (size) => file.truncateSync(size),
    lastByte: () => lastByte(path, file),
    sync: () => {
      if (identity === undefined) return undefined;
      file.syncDataSync();
      return { file: identity, size: sizeOf(file) };
    },
    close: () => file.close(),
  };
}

/** Returns whether the file was not there before. */
function makeFile(path: string, mode: number): boolean {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Opens a file for writing in place, and makes it with that mode if it is not there. */
export function openStored(path: string, mode: number): StoredFile {
  const isNew = makeFile(path, mode);
  const file = Deno.openSync(path, { read: true, write: true });
  const { isFile, size } = file.statSync();
  return {
    isNew,
    size: isFile ? size : undefined,
    writeAt: (offset, bytes) => {
      file.seekSync(offset, Deno.SeekMode.Start);
      for (let i = 0; i < bytes.length;) i += file.writeSync(bytes.subarray(i));
      file.syncDataSync();
    },
    tryLock: () => file.tryLockSync(true),
    close: () => file.close(),
  };
}

/** Waits until the names in a directory are on the disk. */
export function syncDir(path: string): void {
  using directory = Deno.openSync(path);
  directory.syncSync();
}

/** Opens a file for reading. */
export function openRead(path: string): ReadableFile {
  const file = Deno.openSync(path);
  return {
    read: (buffer) => file.readSync(buffer),
    readStart: (buffer) => {
      file.seekSync(0, Deno.SeekMode.Start);
      return file.readSync(buffer) ?? 0;
    },
    close: () => file.close(),
  };
}

/** Opens a file for reading that never waits. */
export async function openNonBlocking(path: string): Promise<PolledFile> {
  // The only thing that `Deno.open` cannot do; loaded late because it takes long.
  const { closeSync, constants, openSync, readSync } = await import("node:fs");
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    read: (buffer) => {
      try {
        return readSync(descriptor, buffer);
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "EAGAIN") return "empty";
        throw error;
      }
    },
    close: () => closeSync(descriptor),
  };
}
