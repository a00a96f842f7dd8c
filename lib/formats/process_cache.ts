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

interface Entry<Rendered> {
  /** The object that was asked for last. */
  process: RecordedProcess;
  readonly rendered: Rendered;
}

/**
 * Remembers what was rendered of a process, and gives it again for an equal one. An object is not enough to
 * know a process by: each batch from a worker has objects of its own.
 */
export class ProcessCache<Rendered> {
  readonly #render: (process: RecordedProcess) => Rendered;
  readonly #sizeOf: (rendered: Rendered) => number;
  readonly #most: number;
  readonly #entries = new Map<string | number, Entry<Rendered>>();
  #size = 0;

  /** @param most Sum of the sizes at which all is forgotten. */
  constructor(
    render: (process: RecordedProcess) => Rendered,
    sizeOf: (rendered: Rendered) => number,
    most: number,
  ) {
    this.#render = render;
    this.#sizeOf = sizeOf;
    this.#most = most;
  }

  /** What the process is rendered as. */
  get(process: RecordedProcess): Rendered {
    const key = process.pid ?? process.executable ?? process.name ?? "";
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#add(key, process);
    if (entry.process !== process) {
      if (!isSameProcess(entry.process, process)) return this.#add(key, process);
      entry.process = process;
    }
    return entry.rendered;
  }

  #add(key: string | number, process: RecordedProcess): Rendered {
    const rendered = this.#render(process);
    this.#size += this.#sizeOf(rendered);
    if (this.#size > this.#most) {
      this.#entries.clear();
      this.#size = this.#sizeOf(rendered);
    }
    this.#entries.set(key, { process, rendered });
    return rendered;
  }
}
