/** What was rendered of processes, for as long as there is room. */
import type { ParentProcess, RecordedProcess } from "../connection.ts";

/** Fields that are not compared by themselves. */
type Compound = "commandLine" | "parent";

/** Fields of a process. Typed so that none can be missing: it would not be seen to change. */
const FIELDS: Readonly<Record<Exclude<keyof RecordedProcess, Compound>, true>> = {
  pid: true,
  start: true,
  name: true,
  executable: true,
  commandLineBytes: true,
  uid: true,
  gid: true,
  user: true,
  unit: true,
  userUnit: true,
  cgroup: true,
  containerId: true,
  netns: true,
  entityId: true,
};

const PARENT_FIELDS: Readonly<Record<keyof ParentProcess, true>> = {
  pid: true,
  start: true,
  name: true,
  executable: true,
  entityId: true,
};

function keysOf<Key extends string>(fields: Readonly<Record<Key, true>>): readonly Key[] {
  return Object.keys(fields) as Key[];
}

const KEYS = keysOf(FIELDS);
const PARENT_KEYS = keysOf(PARENT_FIELDS);

type CommandLine = RecordedProcess["commandLine"];

function isSameCommandLine(a: CommandLine, b: CommandLine): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isSameParent(a: ParentProcess | undefined, b: ParentProcess | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  for (const key of PARENT_KEYS) if (a[key] !== b[key]) return false;
  return true;
}

function isSameProcess(a: RecordedProcess, b: RecordedProcess): boolean {
  for (const key of KEYS) if (a[key] !== b[key]) return false;
  return isSameCommandLine(a.commandLine, b.commandLine) && isSameParent(a.parent, b.parent);
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
    let entry = this.#entries.get(key);
    if (entry === undefined || !isSameProcess(entry.process, process)) {
      this.grow(bytesOf(process));
      entry = { process, rendered: [] };
      this.#entries.set(key, entry);
    } else {
      entry.process = process;
    }
    return entry;
  }
}
