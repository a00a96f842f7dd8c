/** A tracefs of the tests' own, in memory, and pages as the kernel makes them. */
import type { PolledFile, ReadableFile } from "../../lib/system.ts";
import type { BufferStats } from "./cpu_buffer.ts";
import type { ExitEvent, TraceEvent } from "./event.ts";
import type { EventBuffer, PageDecoder } from "./reader.ts";

const encoder = new TextEncoder();

/** What a write to a file does: throws what the kernel would, or returns what the file holds then. */
export type WriteRule = (text: string) => string;

/** An error as Deno makes it of a number of the kernel. */
export function kernelError(errno: number, text: string): Error {
  const message = `${text} (os error ${errno}): writefile '/x'`;
  return errno === 22 ? new TypeError(message) : new Error(message);
}

/** The form of pages on all 64-bit kernels. */
export const HEADER_PAGE = `\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;
`;

/** Text of `per_cpu/cpuN/stats`. */
export function statsText({ entries, now, lost }: BufferStats): string {
  const seconds = `${Math.floor(now / 1e6)}.${String(Math.floor(now % 1e6)).padStart(6, "0")}`;
  return `entries: ${entries}\noverrun: 1\ncommit overrun: 2\nbytes: 0\n` +
    `oldest event ts:     0.000000\nnow ts: ${seconds.padStart(12)}\n` +
    `dropped events: ${lost - 3}\nread events: 77\n`;
}

/** A file system in memory; directories are where files or other directories are. */
export class FakeTracefs {
  readonly files = new Map<string, string>();
  readonly directories = new Set<string>();
  /** By the end of the path. */
  readonly rules = new Map<string, WriteRule>();
  /** By path, or the end of one: what every access throws. */
  readonly errors = new Map<string, Error>();
  /** Directories that cannot be removed. */
  readonly busy = new Set<string>();
  /** `FILE=TEXT`, below the instance. */
  readonly written: string[] = [];
  /** Files that every new instance has. */
  readonly template = new Map<string, string>();
  slept = 0;
  open = 0;

  /** @param cpus Numbers of CPUs. */
  constructor(readonly root: string, cpus: readonly number[] = [0, 1]) {
    for (const name of ["trace_clock", "tracing_on", "buffer_size_kb", "options/overwrite"]) {
      this.template.set(name, "");
    }
    this.template.set("events/header_page", HEADER_PAGE);
    for (const cpu of cpus) {
      this.template.set(`per_cpu/cpu${cpu}/stats`, statsText({ entries: 0, now: 1, lost: 3 }));
      this.template.set(`per_cpu/cpu${cpu}/trace_pipe_raw`, "");
    }
    this.directories.add(root).add(`${root}/instances`);
  }

  /** Adds an event to every instance. */
  event(system: string, name: string): void {
    for (const file of ["filter", "enable", "format"]) {
      this.template.set(`events/${system}/${name}/${file}`, `${name} ${file}`);
    }
  }

  /** Names of the instances that are there. */
  instances(): string[] {
    return Array.from(this.readDir(`${this.root}/instances`), ({ name }) => name);
  }

  readonly now = (): number => 0;
  readonly uid = (): number => 0;

  readonly sleep = (): Promise<void> => {
    this.slept++;
    return Promise.resolve();
  };

  /** Of some files the kernel gives only what the first read takes: with Deno's that is 32 bytes. */
  readonly readFile = (path: string): Uint8Array => {
    return this.#read(path).subarray(0, /\/(?:header_page|stats)$/.test(path) ? 32 : undefined);
  };

  readonly readDir = (path: string): { name: string }[] => {
    this.#fail(path);
    const names = new Set<string>();
    for (const each of [...this.files.keys(), ...this.directories]) {
      if (each.startsWith(`${path}/`)) names.add(each.slice(path.length + 1).split("/")[0] ?? "");
    }
    if (names.size === 0 && !this.directories.has(path)) throw new Deno.errors.NotFound(path);
    return Array.from(names, (name) => ({ name }));
  };

  readonly writeFile = (path: string, text: string): void => {
    this.#fail(path);
    if (!this.files.has(path)) throw new Deno.errors.NotFound(path);
    const rule = [...this.rules].find(([end]) => path.endsWith(end))?.[1];
    this.files.set(path, rule === undefined ? text : rule(text));
    this.written.push(
      `${path.split("/").slice(this.root.split("/").length + 2).join("/")}=${text}`,
    );
  };

  readonly makeDir = (path: string): void => {
    this.#fail(path);
    if (this.directories.has(path)) throw new Deno.errors.AlreadyExists(path);
    this.directories.add(path);
    for (const [name, text] of this.template) this.files.set(`${path}/${name}`, text);
  };

  readonly removeDir = (path: string): void => {
    if (!this.directories.has(path)) throw new Deno.errors.NotFound(path);
    if (this.busy.has(path)) throw kernelError(16, "Device or resource busy");
    this.directories.delete(path);
    for (const file of this.files.keys()) if (file.startsWith(`${path}/`)) this.files.delete(file);
  };

  readonly openRead = (path: string): ReadableFile => {
    this.#read(path);
    this.open++;
    return {
      read: () => null,
      readStart: (buffer) => {
        const bytes = this.#read(path);
        buffer.set(bytes);
        return bytes.length;
      },
      close: () => void this.open--,
    };
  };

  readonly openNonBlocking = (path: string): Promise<PolledFile> => {
    this.#read(path);
    this.open++;
    return Promise.resolve({ read: () => "empty", close: () => void this.open-- });
  };

  #read(path: string): Uint8Array {
    this.#fail(path);
    const text = this.files.get(path);
    if (text === undefined) throw new Deno.errors.NotFound(path);
    return encoder.encode(text);
  }

  #fail(path: string): void {
    for (const [end, error] of this.errors) if (path.endsWith(end)) throw error;
  }
}

/** An event that is nothing but its time; `tid` is the CPU in these tests. */
export function eventAt(boot: number, tid = 0): ExitEvent {
  return { type: "exit", time: boot, boot, tid, interrupted: false, comm: "" };
}

/** A ring in memory. Its pages hold the indices of events; {@linkcode FakeRing.decoder} reads them. */
export class FakeRing implements EventBuffer {
  readonly #kept: TraceEvent[] = [];
  disposed = false;

  /**
   * @param clock The trace clock.
   * @param pageSize Events in a page.
   */
  constructor(
    readonly all: TraceEvent[],
    readonly clock: () => number,
    readonly pageSize: number,
    readonly onPage: () => void = () => {},
  ) {}

  /** An event happens. */
  write(event: TraceEvent): void {
    this.#kept.push(event);
  }

  stats(): BufferStats {
    return { entries: this.#kept.length, now: this.clock(), lost: 0 };
  }

  page(): Uint8Array | undefined {
    if (this.#kept.length === 0) return undefined;
    const numbers = this.#kept.splice(0, this.pageSize).map((event) => this.all.push(event) - 1);
    this.onPage();
    return new Uint8Array(new Uint32Array(numbers).buffer);
  }

  [Symbol.dispose](): void {
    this.disposed = true;
  }

  /** Decodes pages of the rings that share `all`. */
  static decoder(all: readonly TraceEvent[]): PageDecoder {
    return {
      decode: (page, into) => {
        for (const index of new Uint32Array(page.buffer)) {
          const event = all[index];
          if (event !== undefined) into.push(event);
        }
      },
    };
  }
}
