/** The files of a spool in the file system, so that tests can make them fail. */

/** A file that messages are added to. */
export interface SpoolWriter {
  /** Writes some of the bytes and returns how many. */
  write(bytes: Uint8Array): number;
  truncate(size: number): void;
  /** Waits until what was written is on the disk. */
  sync(): void;
  close(): void;
}

/** One directory. Names have no directory in them. Errors are those of `Deno.errors`. */
export interface SpoolFiles {
  /** Makes the directory, and locks it; false where another process has locked it. */
  lock(): boolean;
  names(): string[];
  read(name: string): Uint8Array;
  /** Reads so many bytes from a place, or fewer at the end. */
  readAt(name: string, offset: number, bytes: number): Uint8Array;
  /** Makes a file that is not there. */
  create(name: string): SpoolWriter;
  /** Writes a small file in one step. */
  replace(name: string, text: string): void;
  remove(name: string): void;
  /** Gives the lock back. */
  close(): void;
}

/** Messages tell who talks to whom: nobody but the owner reads them. */
const DIR_MODE = 0o700;
const FILE_MODE = 0o600;
const LOCK = "lock";

/** The real ones, in that directory. */
export function spoolFiles(directory: string): SpoolFiles {
  const path = (name: string) => `${directory}/${name}`;
  let lock: Deno.FsFile | undefined;
  return {
    lock: () => {
      Deno.mkdirSync(directory, { recursive: true, mode: DIR_MODE });
      lock = Deno.openSync(path(LOCK), { write: true, create: true, mode: FILE_MODE });
      return lock.tryLockSync(true);
    },
    names: () => Array.from(Deno.readDirSync(directory), ({ name }) => name),
    read: (name) => Deno.readFileSync(path(name)),
    readAt: (name, offset, bytes) => {
      using file = Deno.openSync(path(name));
      file.seekSync(offset, Deno.SeekMode.Start);
      const buffer = new Uint8Array(bytes);
      let size = 0;
      while (size < bytes) {
        const count = file.readSync(buffer.subarray(size));
        if (count === null) break;
        size += count;
      }
      return buffer.subarray(0, size);
    },
    create: (name) => {
      const file = Deno.openSync(path(name), { append: true, createNew: true, mode: FILE_MODE });
      return {
        write: (bytes) => file.writeSync(bytes),
        truncate: (size) => file.truncateSync(size),
        sync: () => file.syncDataSync(),
        close: () => file.close(),
      };
    },
    replace: (name, text) => {
      const temporary = path(`${name}.tmp`);
      Deno.writeTextFileSync(temporary, text, { mode: FILE_MODE });
      Deno.renameSync(temporary, path(name));
    },
    remove: (name) => Deno.removeSync(path(name)),
    close: () => lock?.close(),
  };
}
