/** A disk for the tests of files: it fails as it is told to, and remembers what was removed. */
import type { FileEnd, FileStatus, LogFile, StoredFile, System } from "../system.ts";
import { NO_SPACE } from "./test_output.ts";

/** A file, whatever it is called. */
interface Inode {
  readonly number: number;
  bytes: Uint8Array;
  modified: number;
  isLocked: boolean;
}

/** What files are kept with, in memory. */
export class TestDisk implements
  Pick<
    System,
    | "now"
    | "openAppend"
    | "openStored"
    | "readEnd"
    | "stat"
    | "readDir"
    | "rename"
    | "removeFile"
    | "makeDir"
    | "syncDir"
  > {
  /** Microseconds since the epoch. */
  time = 1_795_226_500_000_000;
  /** How many bytes fit in all files. */
  capacity = Infinity;
  /** What making and renaming files throws. */
  error: Error | undefined;
  syncError: Error | undefined;
  /** What was done, in words. */
  readonly done: string[] = [];
  /** Texts of the files that were removed. */
  readonly removed: string[] = [];
  readonly #files = new Map<string, Inode>();
  readonly #directories = new Set<string>();
  #count = 0;

  now(): number {
    return this.time;
  }

  get used(): number {
    let used = 0;
    for (const { bytes } of new Set(this.#files.values())) used += bytes.length;
    return used;
  }

  /** Paths in their order. */
  get paths(): string[] {
    return [...this.#files.keys()].filter((path) => !path.endsWith(".lock")).sort();
  }

  /** The text of a file; "" where there is none. */
  text(path: string): string {
    return new TextDecoder().decode(this.#files.get(path)?.bytes);
  }

  /** Puts a file there, or adds to one. */
  put(path: string, text: string): void {
    const inode = this.#files.get(path) ?? this.#make(path);
    inode.bytes = joined(inode.bytes, new TextEncoder().encode(text));
    inode.modified = this.time;
  }

  /** What the kernel does when a process ends. */
  endProcess(): void {
    for (const inode of this.#files.values()) inode.isLocked = false;
  }

  openAppend(path: string, _mode: number, isNew = false): LogFile {
    this.#fail();
    const there = this.#files.get(path);
    if (there !== undefined && isNew) throw new Deno.errors.AlreadyExists(path);
    if (there === undefined && this.used >= this.capacity) throw NO_SPACE;
    return this.#logFile(there ?? this.#make(path));
  }

  openStored(path: string): StoredFile {
    const inode = this.#files.get(path) ?? this.#make(path);
    return {
      isNew: false,
      size: 0,
      writeAt: () => {},
      ...lockOf(inode),
    };
  }

  readEnd(path: string, bytes: number): Uint8Array {
    return this.#inode(path).bytes.slice(-bytes);
  }

  stat(path: string): FileStatus | undefined {
    const inode = this.#files.get(path);
    if (inode !== undefined) return statusOf(inode);
    if (!this.#directories.has(path)) return undefined;
    return { isDirectory: true, file: undefined, size: 0, modified: 0 };
  }

  *readDir(path: string): Iterable<{ name: string }> {
    for (const each of [...this.#files.keys(), ...this.#directories]) {
      if (each.startsWith(`${path}/`)) yield { name: each.slice(path.length + 1) };
    }
  }

  rename(from: string, to: string): void {
    this.#fail();
    const inode = this.#inode(from);
    if (this.#files.has(to)) this.removeFile(to);
    this.#files.delete(from);
    this.#files.set(to, inode);
    this.done.push(`rename ${from} ${to}`);
  }

  removeFile(path: string): void {
    if (!this.#files.has(path)) return;
    this.removed.push(this.text(path));
    this.#files.delete(path);
    this.done.push(`remove ${path}`);
  }

  makeDir(path: string): void {
    this.#directories.add(path);
  }

  /** Removes a directory with all that is in it. */
  removeDir(path: string): void {
    this.#directories.delete(path);
    for (const each of [...this.#files.keys()]) {
      if (each.startsWith(`${path}/`)) this.#files.delete(each);
    }
  }

  syncDir(path: string): void {
    this.done.push(`syncDir ${path}`);
  }

  #fail(): void {
    if (this.error !== undefined) throw this.error;
  }

  #inode(path: string): Inode {
    const inode = this.#files.get(path);
    if (inode === undefined) throw new Deno.errors.NotFound(path);
    return inode;
  }

  #make(path: string): Inode {
    const inode: Inode = {
      number: ++this.#count,
      bytes: new Uint8Array(0),
      modified: this.time,
      isLocked: false,
    };
    this.#files.set(path, inode);
    this.done.push(`make ${path}`);
    return inode;
  }

  #logFile(inode: Inode): LogFile {
    return {
      isTerminal: false,
      write: (bytes) => {
        const room = this.capacity - this.used;
        if (room <= 0) throw NO_SPACE;
        const some = bytes.subarray(0, room);
        inode.bytes = joined(inode.bytes, some);
        inode.modified = this.time;
        return some.length;
      },
      size: () => inode.bytes.length,
      truncate: (size) => void (inode.bytes = inode.bytes.slice(0, size)),
      lastByte: () => inode.bytes.at(-1),
      status: () => ({
        ...statusOf(inode),
        isRemoved: ![...this.#files.values()].includes(inode),
      }),
      sync: (): FileEnd => {
        if (this.syncError !== undefined) throw this.syncError;
        this.done.push(`sync ${inode.number}`);
        return { file: `inode${inode.number}`, size: inode.bytes.length };
      },
      ...lockOf(inode),
    };
  }
}

/** A lock that is given back only by whom it was given to. */
function lockOf(inode: Inode): { tryLock(): boolean; close(): void } {
  let isHeld = false;
  return {
    tryLock() {
      if (inode.isLocked) return isHeld;
      inode.isLocked = true;
      return isHeld = true;
    },
    close() {
      if (isHeld) inode.isLocked = false;
      isHeld = false;
    },
  };
}

function statusOf({ number, bytes, modified }: Inode): FileStatus {
  return { isDirectory: false, file: `inode${number}`, size: bytes.length, modified };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
