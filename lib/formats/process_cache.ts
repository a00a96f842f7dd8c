/** What was rendered of processes, for as long as there is room. */
import type { ParentProcess, RecordedProcess } from "../connection.ts";

type CommandLine = RecordedProcess["commandLine"];

function isSameCommandLine(a: CommandLine, b: CommandLine): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isSameParent(a: ParentProcess | undefined, b: ParentProcess | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.pid === b.pid && a.start === b.start && a.name === b.name &&
    a.executable === b.executable && a.entityId === b.entityId;
}

// Each field by its name: to go through a list of names takes three times as long.
function isSameProcess(a: RecordedProcess, b: RecordedProcess): boolean {
  return a.pid === b.pid && a.start === b.start && a.name === b.name &&
    a.executable === b.executable && a.commandLineBytes === b.commandLineBytes &&
    a.uid === b.uid && a.gid === b.gid && a.user === b.user && a.unit === b.unit &&
    a.userUnit === b.userUnit && a.cgroup === b.cgroup && a.containerId === b.containerId &&
    a.netns === b.netns && a.entityId === b.entityId &&
    isSameCommandLine(a.commandLine, b.commandLine) && isSameParent(a.parent, b.parent);
}

/** Bytes of an entry that are not those of its texts: a guess. */
const BYTES_AN_ENTRY = 500;

/** The room that a process takes: no matter what of it is rendered, all of it is kept. */
function bytesOf(process: RecordedProcess): number {
  return JSON.stringify(process).length + BYTES_AN_ENTRY;
}

interface Entry {
  /** The object that was asked for last. */
  process: RecordedProcess;
  readonly rendered: unknown[];
}

/**
 * Remembers what was rendered of a process, and gives it again for an equal one. An object is not enough to
 * know a process by: each batch from a worker has objects of its own.
 */
export class ProcessCache {
  readonly #most: number;
  readonly #entries = new Map<string | number, Entry>();
  #latest: Entry | undefined;
  #bytes = 0;

  /** @param most Bytes at which all is forgotten. */
  constructor(most: number) {
    this.#most = most;
  }

  /** What the process is rendered as: a list to which each renderer adds at a place of its own. */
  get(process: RecordedProcess): unknown[] {
    if (this.#latest?.process === process) return this.#latest.rendered;
    const entry = this.#entryOf(process);
    this.#latest = entry;
    return entry.rendered;
  }

  /** Counts the bytes that were added to a list. */
  grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#most) return;
    this.#entries.clear();
    this.#latest = undefined;
    this.#bytes = 0;
  }

  #entryOf(process: RecordedProcess): Entry {
    const key = process.pid ?? process.executable ?? process.name ?? "";
    const known = this.#entries.get(key);
    // Most often it is the object itself: within a batch, a process is one.
    if (known?.process === process) return known;
    if (known !== undefined && isSameProcess(known.process, process)) {
      known.process = process;
      return known;
    }
    this.grow(bytesOf(process));
    const entry = { process, rendered: [] };
    this.#entries.set(key, entry);
    return entry;
  }
}
