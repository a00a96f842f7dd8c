/** Classic files of a log: `x.log` is written on, `x.log.1` was before it, `x.log.2` before that. */
import type { LogFile } from "../system.ts";
import type { FileSystem, KeptFile, LogFiles } from "./log_files.ts";
import { MODE } from "./open_file.ts";

/** What a file is called until it takes the place of the one before it. */
const COMING = ".new";

/** A file that is done with: the greater its number, the older it is. */
interface NumberedFile extends KeptFile {
  readonly number: number;
  /** What stands behind the number. */
  readonly suffix: string;
}

/**
 * A file that keeps its name; what is done with is renamed. The youngest file that is done with stays as it
 * is (as `delaycompress` of logrotate(8) has it): whoever follows the log may still read it.
 */
export class RenamedFiles implements LogFiles {
  readonly name: string;
  readonly directory: string;
  readonly path: string;
  readonly #system: FileSystem;
  readonly #base: string;

  constructor(system: FileSystem, path: string) {
    const slash = path.lastIndexOf("/");
    this.#system = system;
    this.name = `"${path}"`;
    this.path = path;
    this.directory = slash < 0 ? "." : path.slice(0, slash) || "/";
    this.#base = path.slice(slash + 1);
  }

  /** Takes away what a run left unfinished that was broken off. Looks at nothing but its own names. */
  mend(): void {
    const plain = new Map<number, string>();
    const compressed = new Set<number>();
    for (const { name } of this.#system.readDir(this.directory)) {
      if (!name.startsWith(this.#base)) continue;
      const [, digits, suffix, unfinished] =
        /^\.(\d{1,6})(\.zst|\.gz)?(\.tmp)?$/.exec(name.slice(this.#base.length)) ?? [];
      if (digits === undefined) continue;
      if (unfinished !== undefined) this.#system.removeFile(`${this.directory}/${name}`);
      else if (suffix === undefined) plain.set(Number(digits), name);
      else compressed.add(Number(digits));
    }
    // What was compressed got its name when it was whole.
    for (const [number, name] of plain) {
      if (compressed.has(number)) this.#system.removeFile(`${this.directory}/${name}`);
    }
  }

  next(): LogFile {
    const coming = this.path + COMING;
    // Of a run that was broken off; nobody else makes it.
    this.#system.removeFile(coming);
    const file = this.#system.openAppend(coming, MODE, true);
    try {
      checkLock(file);
      this.#shift();
      this.#system.rename(this.path, `${this.path}.1`);
      this.#system.rename(coming, this.path);
      return file;
    } catch (error) {
      file.close();
      this.#system.removeFile(coming);
      throw error;
    }
  }

  again(_now: number, open: string | undefined): LogFile | undefined {
    const there = this.#system.stat(this.path);
    // Its lock is taken: by that which is open.
    if (there?.file !== undefined && there.file === open) return undefined;
    // To open a pipe would wait for its reader.
    if (there !== undefined && there.file === undefined) throw new Error("it is no file any more");
    const file = this.#system.openAppend(this.path, MODE);
    try {
      checkLock(file);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  closed(): readonly NumberedFile[] {
    const files: NumberedFile[] = [];
    for (const { name } of this.#system.readDir(this.directory)) {
      if (!name.startsWith(this.#base)) continue;
      const [, digits, suffix = ""] =
        /^\.([1-9]\d{0,5})(\.zst|\.gz)?$/.exec(name.slice(this.#base.length)) ?? [];
      if (digits === undefined) continue;
      const path = `${this.directory}/${name}`;
      const status = this.#system.stat(path);
      if (status?.file === undefined) continue;
      const { file, size, modified } = status;
      const number = Number(digits);
      const isCompressed = suffix !== "";
      const isSettled = number > 1;
      files.push({ path, file, size, modified, number, suffix, isCompressed, isSettled });
    }
    return files.sort((a, b) => b.number - a.number);
  }

  /** Makes place for another first one: each gets the next number, up to a number that is free. */
  #shift(): void {
    const files = this.closed();
    const taken = new Set(files.map(({ number }) => number));
    let free = 1;
    while (taken.has(free)) free++;
    for (const { path, number, suffix } of files) {
      if (number < free) this.#system.rename(path, `${this.path}.${number + 1}${suffix}`);
    }
  }
}

/** @throws Error while another process has the lock. */
function checkLock(file: LogFile): void {
  if (!file.tryLock()) throw new Error("another process writes to it");
}
