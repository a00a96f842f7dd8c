/** Lines that go to one file after the other. */
import type { Diag } from "../diag.ts";
import type { FileEnd, LogFile, System } from "../system.ts";
import type { Compressor } from "./compressor.ts";
import { ioErrorText } from "./io_error.ts";
import type { FileSystem, LogFiles } from "./log_files.ts";
import type { Rotation } from "./parse_rotation.ts";
import { expired, type Limits } from "./retention.ts";
import { isRotationDue } from "./rotation.ts";
import { type LineTarget, NoRoomError } from "./target.ts";

/** How often files are looked at that may have become too old, in ticks. */
const LOOK_TICKS = 60;

/** Lines come in pieces of such a part of a file's size: about as much of it may stay empty. */
const PIECES = 16;

/** What knows how much of a disk is free. */
export interface FreeRoom {
  /** How many bytes are lacking to what is to be left free; 0 or less: none. */
  lacking(): number;
  /** So many bytes are about to be written; less than 0: so many have been removed. */
  spend(bytes: number): void;
}

/** How a target keeps its files. */
export interface FileTargetOptions {
  /** When to begin another file; absent: never. */
  readonly rotation?: Rotation;
  /** Whether that is looked at only now: what follows is to stand in one file. */
  readonly rotatesAtStart?: boolean;
  readonly limits?: Limits;
  /** Whether ticks, and the end of a file, wait until what was written is on the disk. */
  readonly syncs: boolean;
  /** Absent: it does not matter how much is free. */
  readonly room?: FreeRoom;
  /** Whether no file is removed to make room. */
  readonly keepsAll?: boolean;
  /** What compresses files that are done with; absent: nothing does. */
  readonly compressor?: Compressor;
  /** Called when all is closed. */
  readonly atEnd?: () => void;
}

/** What a target works with. */
export interface FileTargetContext {
  readonly system: FileSystem & Pick<System, "now">;
  readonly diag: Pick<Diag, "say">;
}

/**
 * Writes to a file until another one is due, or until somebody has moved it away. What goes wrong with that
 * is said once: as long as it can, it goes on with the file that is open.
 */
export class FileTarget implements LineTarget {
  beforeRemoval: LineTarget["beforeRemoval"];
  readonly #files: LogFiles;
  readonly #system: FileTargetContext["system"];
  readonly #diag: Pick<Diag, "say">;
  readonly #options: FileTargetOptions;
  #file: LogFile | undefined;
  /** What tells the file from one that somebody puts in its place. */
  #identity: string | undefined;
  #begun = 0;
  /** Whether the file is to be opened anew. */
  #isLeft = false;
  /** Whether there is something that may not be on the disk yet. */
  #isDirty = false;
  /** Whether something was tried in vain since the last tick. */
  #hasFailed = false;
  /** Whether it was looked in vain since the last tick what can be removed to make room. */
  #isFull = false;
  /** What is not certain to stay, and why. */
  #doubt: { readonly error: unknown } | undefined;
  readonly #said = new Set<string>();
  /** Whether what a run before this one has left was looked at. */
  #isCleaned = false;
  #ticks = 0;

  /** @param file The first one; the target closes it. */
  constructor(
    files: LogFiles,
    file: LogFile,
    { system, diag }: FileTargetContext,
    options: FileTargetOptions,
  ) {
    this.#files = files;
    this.#system = system;
    this.#diag = diag;
    this.#options = options;
    this.#take(file, system.now());
    if (options.rotatesAtStart) this.#rotateIfDue(1);
  }

  get name(): string {
    return this.#files.name;
  }

  get beginning(): LineTarget["beginning"] {
    return this.#files.beginning;
  }

  /** A piece stands whole in one file: a large one would not fit into it, or leave much of it empty. */
  get pieceSize(): number | undefined {
    const size = this.#options.rotation?.size;
    return size === undefined ? undefined : Math.ceil(size / PIECES);
  }

  open(bytes: number): LogFile {
    if (bytes > 0) this.#look();
    if (!this.#isCleaned) this.#clean();
    if (this.#isLeft) this.#follow();
    if (bytes === 0) return this.#current();
    if (!this.#options.rotatesAtStart) this.#rotateIfDue(bytes);
    if (!this.#hasRoom(bytes)) {
      throw new NoRoomError("there is less room on the disk than is to be left");
    }
    this.#isDirty = true;
    return this.#current();
  }

  tick(): void {
    this.#hasFailed = false;
    this.#isFull = false;
    this.#look();
    // At once: whoever has moved it may wait for the new one.
    if (this.#isLeft) this.#try("open", () => this.#follow());
    if (++this.#ticks % LOOK_TICKS === 0) this.#clean();
    if (this.#options.syncs && this.#isDirty) this.#syncFile();
    this.#check();
  }

  reopen(): void {
    this.#isLeft = true;
  }

  sync(): FileEnd | undefined {
    const end = this.#syncFile();
    this.#check();
    return end;
  }

  close(): void | Promise<void> {
    const { syncs, compressor, atEnd } = this.#options;
    if (syncs && this.#isDirty) this.#syncFile();
    try {
      this.#file?.close();
    } catch (error) {
      this.#doubt ??= { error };
    }
    this.#file = undefined;
    const end = () => {
      atEnd?.();
      this.#check();
    };
    return compressor === undefined ? end() : compressor.finished().then(end);
  }

  #current(): LogFile {
    if (this.#file === undefined) throw new Deno.errors.BadResource("it is closed");
    return this.#file;
  }

  /** @throws what says that something may not stay. */
  #check(): void {
    const doubt = this.#doubt;
    this.#doubt = undefined;
    if (doubt !== undefined) throw doubt.error;
  }

  #syncFile(): FileEnd | undefined {
    this.#isDirty = false;
    try {
      return this.#file?.sync();
    } catch (error) {
      this.#doubt ??= { error };
      return undefined;
    }
  }

  /** Waits until the names of the files are on the disk. */
  #syncNames(): void {
    if (!this.#options.syncs) return;
    this.#try("make sure of the names in", () => this.#system.syncDir(this.#files.directory));
  }

  /** Looks whether the file is still the one of its name. */
  #look(): void {
    if (this.#identity === undefined || this.#isLeft) return;
    this.#try("look at", () => {
      const found = this.#system.stat(this.#files.path)?.file;
      if (found === this.#identity) return;
      this.#isLeft = true;
      const what = found === undefined ? "moved or removed" : "replaced";
      this.#diag.say("notice", `${this.#files.name} was ${what}: it is opened anew`);
    });
  }

  /** Opens the file anew; where that is impossible, goes on with the one that was moved, as it is kept. */
  #follow(): void {
    try {
      this.#openAnew();
    } catch (error) {
      if (this.#current().status().isRemoved === true) throw error;
      const problem = `${ioErrorText(error)}: writing goes on in the file that was there before`;
      this.#sayOnce("open anew", problem);
    }
  }

  #openAnew(): void {
    const now = this.#system.now();
    const before = this.#leave();
    const file = this.#files.again(now, this.#identity);
    if (file !== undefined) {
      this.#take(file, now);
      before?.close();
    }
    this.#isLeft = false;
    this.#clean();
  }

  /** @param bytes What is to be written next. */
  #rotateIfDue(bytes: number): void {
    const { rotation } = this.#options;
    if (rotation === undefined || this.#hasFailed || this.#isLeft) return;
    const now = this.#system.now();
    // A clock that was set back begins its spans again.
    this.#begun = Math.min(this.#begun, now);
    const begun = { size: this.#current().size(), begun: this.#begun };
    if (isRotationDue(rotation, begun, bytes, now)) this.#rotate(now);
  }

  /** Begins another file; where that is impossible, goes on with this one. */
  #rotate(now: number): void {
    this.#hasFailed = !this.#try("rotate", () => {
      const before = this.#leave();
      this.#take(this.#files.next(now), now);
      before?.close();
    });
    if (!this.#hasFailed) this.#clean();
  }

  /** Makes sure of what was written to a file that is left. Returns it. */
  #leave(): LogFile | undefined {
    if (this.#options.syncs && this.#isDirty) this.#syncFile();
    return this.#file;
  }

  #take(file: LogFile, now: number): void {
    const { size, modified, file: identity } = file.status();
    this.#file = file;
    this.#identity = identity;
    this.#begun = size === 0 ? now : modified;
    this.#syncNames();
  }

  /** Whether as much of the disk is free as is to be; removes old files for that. */
  #hasRoom(bytes: number): boolean {
    const { room, keepsAll = false } = this.#options;
    if (room === undefined) return true;
    // Again and again: how much is free may have been looked at while files were being removed.
    for (let lacking = room.lacking(); lacking > 0; lacking = room.lacking()) {
      const freed = this.#isFull || keepsAll ? 0 : this.#clean(lacking);
      this.#isFull = freed === 0;
      if (this.#isFull) return false;
      room.spend(-freed);
    }
    room.spend(bytes);
    return true;
  }

  /** Removes files that are too many or too old, and compresses others. Returns how many bytes it freed. */
  #clean(lacking = 0): number {
    const { rotation, limits = {}, compressor } = this.#options;
    this.#isCleaned = true;
    if (rotation === undefined) return 0;
    let freed = 0;
    this.#try("remove old files of", () => {
      // It is not looked again before the file is full.
      const active = Math.max(this.#file?.size() ?? 0, rotation.size ?? 0);
      const moment = { now: this.#system.now(), active, lacking };
      const files = this.#files.closed();
      const going = expired(files, limits, moment);
      if (going.length > 0) {
        const kept = files.slice(going.length).map(({ path }) => path);
        this.beforeRemoval?.([...kept, this.#files.path]);
      }
      for (const { path, size } of going) {
        this.#system.removeFile(path);
        freed += size;
      }
      if (going.length > 0) this.#syncNames();
    });
    compressor?.look();
    return freed;
  }

  /** Does what records do not depend on; says once when it fails. Returns whether it did not. */
  #try(what: string, act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#sayOnce(what, ioErrorText(error));
      return false;
    }
  }

  #sayOnce(what: string, problem: string): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#diag.say("warning", `cannot ${what} ${this.#files.name}: ${problem}`);
  }
}
