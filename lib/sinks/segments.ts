/** Segments: files of a directory that are written once, under a name of their own, and never again. */
import type { HostIdentity } from "../connection.ts";
import { EXIT, ExitError } from "../exit.ts";
import { reportId, type SegmentReport } from "../report.ts";
import type { AppendFile, LogFile, StoredFile, System } from "../system.ts";
import { VERSION } from "../version.ts";
import { ioErrorText } from "./io_error.ts";
import { type FileSystem, type KeptFile, type LogFiles, UNFINISHED } from "./log_files.ts";
import { MODE, openAdvice } from "./open_file.ts";
import { parseSegmentName, type SegmentName, segmentName } from "./segment_name.ts";

/** What only one process may do at a time is write segments of a directory. */
export const LOCK = ".connscribe.lock";

/** How many names are tried: somebody else may have taken some. */
const MOST_TRIES = 100;

/** Records tell who talks to whom: others do not even learn when. */
const DIRECTORY_MODE = 0o750;

/** What is read of the end of a segment at a time, bytes. */
const TAIL = 65_536;

/** What segments need. */
export type SegmentSystem = FileSystem & Pick<System, "openStored" | "readEnd">;

/** What segments are of. */
export interface SegmentOptions {
  readonly host: HostIdentity;
  /** The last part of the names, such as `ndjson`. */
  readonly extension: string;
}

/** A segment that is done with. */
interface FoundSegment extends SegmentName {
  readonly path: string;
}

/** The segments of a directory; its lock is held until they are disposed of. */
export class Segments implements LogFiles, Disposable {
  readonly name: string;
  readonly directory: string;
  readonly #system: SegmentSystem;
  readonly #options: SegmentOptions;
  #lock: StoredFile;
  /** What tells the file of the lock from one that somebody puts in its place. */
  #lockFile: string | undefined;
  #path = "";
  #beginning: SegmentReport | undefined;

  private constructor(
    system: SegmentSystem,
    directory: string,
    options: SegmentOptions,
    lock: StoredFile,
  ) {
    this.#system = system;
    this.directory = directory;
    this.name = `"${directory === "/" ? "" : directory}/"`;
    this.#options = options;
    this.#lock = lock;
    this.#lockFile = this.#findLock();
  }

  /**
   * Makes the directory if it is not there, and takes its lock.
   *
   * @throws {ExitError} 73 if that is impossible; 75 while another process writes segments there.
   */
  static open(system: SegmentSystem, directory: string, options: SegmentOptions): Segments {
    let lock: StoredFile;
    try {
      lock = openLock(system, directory);
    } catch (error) {
      const problem = ioErrorText(error) + openAdvice(error);
      throw new ExitError(
        EXIT.cannotCreate,
        `cannot write to the directory "${directory}/": ${problem}`,
      );
    }
    if (lock.tryLock()) return new Segments(system, directory, options, lock);
    lock.close();
    throw new ExitError(EXIT.temporary, `another process writes to "${directory}/"`);
  }

  get path(): string {
    return this.#path;
  }

  get beginning(): SegmentReport | undefined {
    return this.#beginning;
  }

  /**
   * Takes away what a run left unfinished that was broken off: files that were being compressed, and the
   * beginning of a line at the end of the last segment.
   *
   * @param look Is given the last segment before that, if it is not compressed.
   * @returns What was taken away of the last segment, bytes.
   */
  mend(look: (file: AppendFile, path: string) => void): number {
    for (const { name } of this.#system.readDir(this.directory)) {
      if (!name.endsWith(UNFINISHED)) continue;
      if (parseSegmentName(name.slice(0, -UNFINISHED.length)) === undefined) continue;
      this.#system.removeFile(`${this.directory}/${name}`);
    }
    const compressed = new Set<string>();
    const found = this.#find();
    for (const { path, isCompressed } of found) {
      if (isCompressed) compressed.add(path.replace(/\.[a-z]+$/, ""));
    }
    // What was compressed got its name when it was whole.
    for (const { path } of found) if (compressed.has(path)) this.#system.removeFile(path);
    const last = found.at(-1);
    if (last === undefined || last.isCompressed) return 0;
    if (this.#system.stat(last.path)?.file === undefined) return 0;
    const file = this.#system.openAppend(last.path, MODE);
    try {
      look(file, last.path);
      const size = file.size();
      const whole = wholeSize(this.#system, last.path, size);
      if (whole < size) file.truncate(whole);
      return size - whole;
    } finally {
      file.close();
    }
  }

  next(now: number): LogFile {
    // Looked for once: nobody else writes segments there.
    const previous = this.#path || this.#find().at(-1)?.path;
    const { host, extension } = this.#options;
    let sequence = previous === undefined ? 0 : sequenceOf(previous);
    for (let tries = 1;; tries++) {
      const name = segmentName(host.name, now, ++sequence, extension);
      const path = `${this.directory}/${name}`;
      try {
        const file = this.#system.openAppend(path, MODE, true);
        this.#path = path;
        this.#beginning = {
          kind: "segment",
          id: reportId("segment", host, now, [name]),
          time: now,
          host,
          version: VERSION,
          name,
          sequence,
          ...(previous !== undefined && { previous: baseName(previous) }),
        };
        return file;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists) || tries >= MOST_TRIES) throw error;
      }
    }
  }

  /** Somebody may have removed the directory, and the lock with it. */
  again(now: number): LogFile {
    if (this.#lockFile !== undefined && this.#findLock() !== this.#lockFile) {
      const lock = openLock(this.#system, this.directory);
      if (!lock.tryLock()) {
        lock.close();
        throw new Error("another process writes to it");
      }
      this.#lock.close();
      this.#lock = lock;
      this.#lockFile = this.#findLock();
    }
    return this.next(now);
  }

  closed(): readonly KeptFile[] {
    const files: KeptFile[] = [];
    for (const { path, isCompressed } of this.#find()) {
      const status = this.#system.stat(path);
      if (status?.file === undefined) continue;
      const { file, size, modified } = status;
      files.push({ path, file, size, modified, isCompressed, isSettled: true });
    }
    const last = files.pop();
    // When the one after it is done with, it has been read.
    return last === undefined ? files : [...files, { ...last, isSettled: false }];
  }

  #findLock(): string | undefined {
    return this.#system.stat(`${this.directory}/${LOCK}`)?.file;
  }

  /** What is called as a segment that is done with, in its order. */
  #find(): FoundSegment[] {
    const found: FoundSegment[] = [];
    for (const { name } of this.#system.readDir(this.directory)) {
      const parsed = parseSegmentName(name);
      const path = `${this.directory}/${name}`;
      if (parsed !== undefined && path !== this.#path) found.push({ ...parsed, path });
    }
    return found.sort((a, b) => a.sequence - b.sequence || (a.path < b.path ? -1 : 1));
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }
}

/** Opens the lock of a directory, and makes both if they are not there. */
function openLock(system: SegmentSystem, directory: string): StoredFile {
  if (system.stat(directory) === undefined) system.makeDir(directory, DIRECTORY_MODE);
  return system.openStored(`${directory}/${LOCK}`, MODE);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function sequenceOf(path: string): number {
  return parseSegmentName(baseName(path))?.sequence ?? 0;
}

/** How many bytes of a file are whole lines. */
function wholeSize(system: Pick<System, "readEnd">, path: string, size: number): number {
  for (let length = TAIL;; length *= 2) {
    const end = system.readEnd(path, length);
    const at = end.lastIndexOf(0x0a);
    if (at >= 0) return size - end.length + at + 1;
    if (end.length < length) return 0;
  }
}
