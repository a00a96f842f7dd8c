/** Files of the real system, as `lib/system.ts` has them. */
import type { FileStatus, LogFile, PolledFile, ReadableFile, StoredFile } from "./system.ts";

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
function identityOf({ isFile, ino, birthtime, dev }: Deno.FileInfo): string | undefined {
  return isFile ? `${ino}-${birthtime?.getTime() ?? `on-${dev}`}` : undefined;
}

function status(info: Deno.FileInfo): FileStatus {
  const { isDirectory, isFifo, nlink, size, mtime, mode } = info;
  const modified = (mtime?.getTime() ?? 0) * 1000;
  const permissions = mode === null ? {} : { mode: mode & 0o7777 };
  const isPipe = isFifo === true;
  const isRemoved = nlink === 0;
  return { isDirectory, isPipe, isRemoved, file: identityOf(info), size, modified, ...permissions };
}

/** What is known of a file; undefined where there is none. */
export function statusOf(path: string): FileStatus | undefined {
  try {
    return status(Deno.statSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The last bytes of a file: so many, or all. */
export function readEnd(path: string, bytes: number): Uint8Array {
  using file = Deno.openSync(path);
  const size = file.seekSync(0, Deno.SeekMode.End);
  const buffer = new Uint8Array(Math.min(bytes, size));
  file.seekSync(size - buffer.length, Deno.SeekMode.Start);
  return filled(file, buffer);
}

/** Reads what comes next, as much as there is room for or until the end. */
export function filled(file: Deno.FsFile, buffer: Uint8Array): Uint8Array {
  let size = 0;
  while (size < buffer.length) {
    const read = file.readSync(buffer.subarray(size));
    if (read === null) break;
    size += read;
  }
  return buffer.subarray(0, size);
}

/** Removes a file, if there is one. */
export function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Opens a file for appending, and makes it with that mode if it is not there, or if it must be new. */
export function openAppend(path: string, mode: number, isNew = false): LogFile {
  return logFile(path, Deno.openSync(path, { append: true, create: true, createNew: isNew, mode }));
}

/** How often it is looked whether a named pipe has a reader, milliseconds. */
const READER_MS = 100;

/**
 * Opens a named pipe for writing once somebody reads it; undefined if the signal aborts before that. Whoever
 * just opens it waits in the kernel until then, and a compiled program with all its threads.
 */
export async function openPipe(path: string, signal: AbortSignal): Promise<LogFile | undefined> {
  const { closeSync, constants, openSync } = await import("node:fs");
  while (!signal.aborted) {
    try {
      // Fails as long as there is no reader, and holds the one that comes.
      const probe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        return logFile(path, await Deno.open(path, { append: true }));
      } finally {
        closeSync(probe);
      }
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENXIO")) throw error;
    }
    await new Promise<void>((resolve) => setTimeout(resolve, READER_MS));
  }
  return undefined;
}

function logFile(path: string, file: Deno.FsFile): LogFile {
  const identity = identityOf(file.statSync());
  return {
    write: (bytes) => file.writeSync(bytes),
    isTerminal: file.isTerminal(),
    size: () => sizeOf(file),
    truncate: (size) => file.truncateSync(size),
    lastByte: () => lastByte(path, file),
    status: () => status(file.statSync()),
    tryLock: () => identity === undefined || tryLock(file),
    sync: () => {
      if (identity === undefined) return undefined;
      file.syncDataSync();
      return { file: identity, size: sizeOf(file) };
    },
    close: () => file.close(),
  };
}

function tryLock(file: Deno.FsFile): boolean {
  try {
    return file.tryLockSync(true);
  } catch {
    // The file system has no locks.
    return true;
  }
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
    tryLock: () => tryLock(file),
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
