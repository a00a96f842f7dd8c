/**
 * Everything outside the program comes in through one object, so that a test can fake all of it:
 * clock, files, child processes, environment, stdout and stderr.
 */
import {
  openAppend,
  openNonBlocking,
  openPipe,
  openRead,
  openStored,
  readEnd,
  removeFile,
  statusOf,
  syncDir,
} from "./open_files.ts";
import { exactWriter } from "./standard_output.ts";

/** What a child process left behind. */
export interface RunResult {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** How a child process ended. */
export interface ChildStatus {
  /** Exit status; 128 and the signal's number where a signal ended it. */
  readonly code: number;
  readonly signal: string | null;
}

/** A running child process. */
export interface Child {
  readonly pid: number;
  /** What it prints. Read it to its end, or cancel it; a child whose pipe is full waits. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** As {@linkcode stdout}. */
  readonly stderr: ReadableStream<Uint8Array>;
  /** Resolves once it has ended and has been waited for. Never rejects. */
  readonly status: Promise<ChildStatus>;
  /** Sends a signal. Does nothing where it has ended, or may not be signalled. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** Something that bytes are written to, synchronously. */
export interface Output {
  /** Writes some of the bytes and returns how many. Throws a `Deno.errors` error when it took none. */
  write(bytes: Uint8Array): number;
  readonly isTerminal: boolean;
  /** Width of the terminal in columns; absent where there is none. */
  readonly columns?: number;
}

/** Where a regular file ended. */
export interface FileEnd {
  /** Tells the file from others, and from one that is made in its place. */
  readonly file: string;
  /** Its size, bytes. */
  readonly size: number;
}

/** A file opened for appending. */
export interface AppendFile extends Output {
  /** Size in bytes now. */
  size(): number;
  /** Cuts the file to `size` bytes. */
  truncate(size: number): void;
  /** The last byte; undefined where there is none, or where it cannot be read. */
  lastByte(): number | undefined;
  /**
   * Waits until what was written is on the disk, and tells where the file ends. Does nothing where it is
   * no regular file: a pipe or a terminal cannot be waited for.
   */
  sync(): FileEnd | undefined;
  close(): void;
}

/** What is known of a file. */
export interface FileStatus {
  readonly isDirectory: boolean;
  /** Whether it is a named pipe (fifo(7)), which waits for a reader when it is opened. */
  readonly isPipe?: boolean;
  /** Tells a regular file from others, as {@linkcode FileEnd.file}; undefined where it is none. */
  readonly file: string | undefined;
  /** Whether no name leads to it any more: what is written to it is gone when it is closed. */
  readonly isRemoved?: boolean;
  /** Size in bytes. */
  readonly size: number;
  /** When it was written last, microseconds since the epoch. */
  readonly modified: number;
  /** Who may do what (inode(7)), the lowest twelve bits; absent where there is no such thing. */
  readonly mode?: number;
}

/** A log that is written on, as long as it is the file of its name and nobody else writes to it. */
export interface LogFile extends AppendFile {
  status(): FileStatus;
  /**
   * Takes the lock of the file (flock(2)), which ends when it is closed. False while another has it. What is
   * no regular file, or is on a file system without locks, may be written by anyone.
   */
  tryLock(): boolean;
}

/** A file that is written in place. */
export interface StoredFile {
  /** Whether it was not there before. */
  readonly isNew: boolean;
  /** Size in bytes when it was opened; undefined where it is no regular file. */
  readonly size: number | undefined;
  /** Writes all of the bytes at this place of the file, and waits until they are on the disk. */
  writeAt(offset: number, bytes: Uint8Array): void;
  /** Takes the lock of the file (flock(2)), which ends with the process. False while another has it. */
  tryLock(): boolean;
  close(): void;
}

/** A file opened for reading. */
export interface ReadableFile {
  /** Reads what comes next, and blocks the thread until there is something; null at the end. */
  read(buffer: Uint8Array): number | null;
  /** Reads once from the beginning: a file of the kernel is then made anew. Returns how many bytes. */
  readStart(buffer: Uint8Array): number;
  close(): void;
}

/** A file opened for reading that never waits. */
export interface PolledFile {
  /** Reads what comes next. Returns how many bytes (0 at the end), or `empty` where it would have to wait. */
  read(buffer: Uint8Array): number | "empty";
  close(): void;
}

/** The outside world. Paths are absolute. Errors are those of `Deno.errors`. */
export interface System {
  /** Microseconds since the epoch. */
  now(): number;
  /** Microseconds since the start of the program: whoever sets the clock does not change that. */
  elapsed(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  readFile(path: string): Uint8Array;
  /** The last bytes of a file: so many, or all. */
  readEnd(path: string, bytes: number): Uint8Array;
  /** Names in a directory, in no order. */
  readDir(path: string): Iterable<{ readonly name: string }>;
  readLink(path: string): string;
  /** Writes the text to a file that is there: from its beginning, and in place of what it held. */
  writeFile(path: string, text: string): void;
  /** Makes one directory, with that mode or 0777, less the umask. */
  makeDir(path: string, mode?: number): void;
  /** Removes a directory: an empty one, or one of those that the kernel empties itself. */
  removeDir(path: string): void;
  openRead(path: string): ReadableFile;
  /** Opens with O_NONBLOCK, which takes 20 ms the first time. */
  openNonBlocking(path: string): Promise<PolledFile>;
  /** Runs a program to its end with an empty environment and no standard input. */
  run(program: string, args: readonly string[]): Promise<RunResult>;
  /** Starts a program with no standard input and no environment but `LC_ALL=C` and `env`. */
  spawn(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Child;
  /** @param isNew Make it, and fail with `AlreadyExists` where there is anything of that name. */
  openAppend(path: string, mode: number, isNew?: boolean): LogFile;
  /** Opens a named pipe for writing once somebody reads it; undefined if the signal aborts before that. */
  openPipe(path: string, signal: AbortSignal): Promise<LogFile | undefined>;
  /** Opens a file to read and write it, and makes it if it is not there. */
  openStored(path: string, mode: number): StoredFile;
  /** What is known of a file; undefined where there is none. Links are followed. */
  stat(path: string): FileStatus | undefined;
  /** Removes a file, if there is one. */
  removeFile(path: string): void;
  /** Gives a file another name, in place of what had that name. */
  rename(from: string, to: string): void;
  /** Waits until the names in a directory are on the disk. */
  syncDir(path: string): void;
  env(name: string): string | undefined;
  /** Effective user id; null where there is no such thing. */
  uid(): number | null;
  hostname(): string;
  /** Resident memory of this program, all its threads, in bytes. */
  residentBytes(): number;
  readonly stdout: Output;
  readonly stderr: Output;
}

function terminalOutput(
  stream: typeof Deno.stdout | typeof Deno.stderr,
  write: Output["write"],
): Output {
  const isTerminal = stream.isTerminal();
  const columns = isTerminal ? terminalColumns() : 0;
  return { write, isTerminal, ...(columns > 0 && { columns }) };
}

/** 0 where the terminal does not say. */
function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 0;
  }
}

/** How far the two clocks may be apart before the wall clock counts as set, milliseconds. */
const STEP = 50;

/** Microseconds of the wall clock: its steps are followed, and between them the finer clock counts. */
function clock(): () => number {
  let origin = performance.timeOrigin;
  return () => {
    const elapsed = performance.now();
    const wall = Date.now();
    if (Math.abs(origin + elapsed - wall) > STEP) origin = wall - elapsed;
    return Math.round((origin + elapsed) * 1000);
  };
}

/** The longest time that a timer can wait, milliseconds: 2^31 - 1, about 24.8 days. */
const LONGEST_TIMER = 0x7fffffff;

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0 && !signal.aborted; left -= LONGEST_TIMER) {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(left, LONGEST_TIMER));
      signal.addEventListener("abort", done);
    });
  }
}

function spawn(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Child {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: { LC_ALL: "C", ...env },
  }).spawn();
  return {
    pid: child.pid,
    stdout: child.stdout,
    stderr: child.stderr,
    status: child.status,
    kill: (signal) => {
      try {
        child.kill(signal);
      } catch {
        // It has ended.
      }
    },
  };
}

/** The real thing. */
export function realSystem(): System {
  return {
    now: clock(),
    elapsed: () => Math.round(performance.now() * 1000),
    sleep,
    readFile: Deno.readFileSync,
    readEnd,
    readDir: Deno.readDirSync,
    readLink: Deno.readLinkSync,
    writeFile: (path, text) => Deno.writeTextFileSync(path, text, { create: false }),
    makeDir: (path, mode = 0o777) => Deno.mkdirSync(path, { mode }),
    removeDir: (path) => Deno.removeSync(path),
    openRead,
    openNonBlocking,
    run: async (program, args) => {
      const child = new Deno.Command(program, {
        args: [...args],
        stdin: "null",
        clearEnv: true,
        env: { LC_ALL: "C" },
      });
      const { code, stdout, stderr } = await child.output();
      return { code, stdout, stderr: new TextDecoder().decode(stderr) };
    },
    spawn,
    openAppend,
    openPipe,
    openStored,
    stat: statusOf,
    removeFile,
    rename: Deno.renameSync,
    syncDir,
    env: (name) => Deno.env.get(name),
    uid: () => Deno.uid(),
    hostname: () => Deno.hostname(),
    residentBytes: () => Deno.memoryUsage().rss,
    stdout: terminalOutput(
      Deno.stdout,
      exactWriter((bytes) => Deno.stdout.writeSync(bytes)),
    ),
    stderr: terminalOutput(Deno.stderr, (bytes) => Deno.stderr.writeSync(bytes)),
  };
}
