/** A tracefs instance: a trace of our own, which nobody else's settings touch (Documentation/trace/ftrace.rst). */
import { EXIT, ExitError } from "../../lib/exit.ts";
import type { System } from "../../lib/system.ts";
import type { Pages } from "./cpu_buffer.ts";
import { parsePageLayout } from "./format.ts";
import { errnoOf, hasErrno } from "./errno.ts";
import { onlineCpus } from "./cpus.ts";
import { readOnce } from "./read_once.ts";
import { AS_ROOT } from "./tracefs.ts";

/** What an instance asks of the outside world. */
export type InstanceSystem = Pick<
  System,
  "readFile" | "readDir" | "writeFile" | "openRead" | "makeDir" | "removeDir" | "sleep"
>;

/** An event that shall be traced. */
export interface WantedEvent {
  /** `sock`, `sched`, ... */
  readonly system: string;
  readonly name: string;
  /** What the kernel shall let through, best first: the first one that this kernel accepts counts. */
  readonly filters?: readonly string[];
  /** Without it there is no instance. */
  readonly required?: true;
}

/** What became of a {@linkcode WantedEvent}. */
export interface TracedEvent {
  readonly system: string;
  readonly name: string;
  /**
   * - `enabled`: as wanted
   * - `other filter`: a filter that is not the first, or none, because the kernel refused those before it
   * - `missing`: this kernel has no such event
   */
  readonly status: "enabled" | "other filter" | "missing";
  /** The filter that is in force. */
  readonly filter?: string;
}

/** What {@linkcode TraceInstance.create} is told. */
export interface InstanceOptions {
  /** Where tracefs is mounted. */
  readonly tracefs: string;
  /** As made by `instanceName`. */
  readonly name: string;
  /** Room for events that are not read yet, over all CPUs, bytes. */
  readonly bufferBytes: number;
  /**
   * Whether the oldest events give way when there is no room, instead of the newest being dropped.
   * Dropping is for those who count: what is there is without gaps up to the loss, the number of losses
   * is exact, the kernel does not take pages from under the reader, and a dropped event costs it less.
   */
  readonly overwrite: boolean;
  readonly events: readonly WantedEvent[];
}

/** The clocks that are wanted, best first: one that counts while the host sleeps (Linux 4.10), one that does not. */
const CLOCKS = ["boot", "mono"] as const;

const MIN_KIB = 64;
const KIB = 1024;

/** How often, and how long apart (milliseconds), the removal of a busy instance is tried. */
const REMOVALS = 20;
const REMOVAL_PAUSE = 25;

const decoder = new TextDecoder();

/** An instance that is switched on. To dispose of it removes it; close what is open in it before. */
export class TraceInstance implements AsyncDisposable, Pages {
  readonly name: string;
  /** Its directory. */
  readonly path: string;
  /** The clock of its events: CLOCK_BOOTTIME, or CLOCK_MONOTONIC where the kernel knows no other. */
  readonly clock: (typeof CLOCKS)[number];
  /** Room for events on each CPU, KiB: less than asked for where the kernel has no memory. */
  readonly cpuBufferKib: number;
  readonly askedKib: number;
  readonly events: readonly TracedEvent[];
  /** Whether its events say that bottom halves were off (Linux 5.18); undefined where that cannot be told. */
  readonly tellsBottomHalves: boolean | undefined;
  readonly layout: Pages["layout"];
  readonly pageSize: number;
  readonly #system: InstanceSystem;

  private constructor(system: InstanceSystem, options: InstanceOptions) {
    const { tracefs, name, bufferBytes, overwrite, events } = options;
    this.#system = system;
    this.name = name;
    this.path = instancePath(tracefs, name);
    this.#write("tracing_on", "0");
    this.clock = this.#setClock();
    this.askedKib = kibForEach(bufferBytes, onlineCpus(system, this.path).length);
    this.cpuBufferKib = this.#setBuffer(this.askedKib);
    this.#write("options/overwrite", overwrite ? "1" : "0");
    // Wakes a reader that waits with the first event; unknown before Linux 5.0, which always did so.
    this.#tryWrite("buffer_percent", "0");
    this.events = events.map((event) => this.#enable(event));
    const header = decoder.decode(readOnce(system, `${this.path}/events/header_page`));
    const layout = parsePageLayout(header);
    const data = /\bdata;\s*offset:(\d{1,6});\s*size:(\d{1,8});/.exec(header);
    if (layout === undefined || data === null) {
      throw new ExitError(
        EXIT.unavailable,
        `cannot read the kernel's trace: "${this.path}/events/header_page" is of an unknown form`,
      );
    }
    this.layout = layout;
    this.pageSize = Number(data[1]) + Number(data[2]);
    this.tellsBottomHalves = this.#tellsBottomHalves();
    this.#write("tracing_on", "1");
  }

  /**
   * Makes an instance and switches it on. When that fails half way, nothing is left.
   *
   * @throws ExitError 69 when the kernel lacks something that is needed, 77 when it is not permitted.
   */
  static async create(system: InstanceSystem, options: InstanceOptions): Promise<TraceInstance> {
    const path = instancePath(options.tracefs, options.name);
    await makeInstance(system, path);
    try {
      return new TraceInstance(system, options);
    } catch (error) {
      await removeInstance(system, path);
      throw error instanceof ExitError ? error : failure(`set up "${path}"`, error);
    }
  }

  /** Text of the event's `format` file. Throws `Deno.errors.NotFound` where the event is missing. */
  format(system: string, name: string): string {
    const path = `${this.path}/events/${system}/${name}/format`;
    return decoder.decode(this.#system.readFile(path));
  }

  /** Switches it on again where it is off. Returns whether it was. */
  resume(): boolean {
    const isOn = decoder.decode(readOnce(this.#system, `${this.path}/tracing_on`)).trim() !== "0";
    if (!isOn) this.#write("tracing_on", "1");
    return !isOn;
  }

  /** Stops the trace. What is in its buffers can still be read. */
  stop(): void {
    this.#write("tracing_on", "0");
  }

  /**
   * Switches it off and removes it.
   *
   * @throws ExitError 69 when it stays, because something in it is still open.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#tryWrite("tracing_on", "0");
    if (await removeInstance(this.#system, this.path)) return;
    throw new ExitError(
      EXIT.unavailable,
      `cannot remove "${this.path}": something reads it; run "rmdir ${this.path}"`,
    );
  }

  /** The head of the text explains the flags (print_func_help_header_irq of kernel/trace/trace.c). */
  #tellsBottomHalves(): boolean | undefined {
    try {
      const head = decoder.decode(readOnce(this.#system, `${this.path}/trace`));
      return head.includes("irqs-off") ? head.includes("BH-disabled") : undefined;
    } catch {
      return undefined;
    }
  }

  #setClock(): (typeof CLOCKS)[number] {
    for (const clock of CLOCKS) if (this.#tryWrite("trace_clock", clock)) return clock;
    throw new ExitError(
      EXIT.unavailable,
      `cannot set "${this.path}/trace_clock": this kernel knows none of ${CLOCKS.join(", ")}`,
    );
  }

  #setBuffer(asked: number): number {
    for (let kib = asked;; kib = Math.max(MIN_KIB, Math.floor(kib / 2))) {
      try {
        this.#write("buffer_size_kb", String(kib));
        return kib;
      } catch (error) {
        if (!hasErrno(error, "ENOMEM") || kib === MIN_KIB) throw error;
      }
    }
  }

  #enable({ system, name, filters = [], required }: WantedEvent): TracedEvent {
    const directory = `events/${system}/${name}`;
    try {
      const used = filters.findIndex((filter) => this.#tryWrite(`${directory}/filter`, filter));
      // A filter that was refused stays where it is, and lets everything through.
      if (used < 0 && filters.length > 0) this.#write(`${directory}/filter`, "0");
      this.#write(`${directory}/enable`, "1");
      const filter = filters[used];
      const status = used > 0 || (used < 0 && filters.length > 0) ? "other filter" : "enabled";
      return { system, name, status, ...(filter !== undefined && { filter }) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      if (required === undefined) return { system, name, status: "missing" };
      throw new ExitError(EXIT.unavailable, `this kernel has no event ${system}/${name}`);
    }
  }

  #write(file: string, text: string): void {
    this.#system.writeFile(`${this.path}/${file}`, text);
  }

  /** False where the kernel knows no such file or value. */
  #tryWrite(file: string, text: string): boolean {
    try {
      this.#write(file, text);
      return true;
    } catch (error) {
      if (hasErrno(error, "EINVAL")) return false;
      if (error instanceof Deno.errors.NotFound && !file.endsWith("/filter")) return false;
      throw error;
    }
  }
}

/** Directory of an instance. */
export function instancePath(tracefs: string, name: string): string {
  return `${tracefs}/instances/${name}`;
}

function kibForEach(bytes: number, cpus: number): number {
  return Math.max(MIN_KIB, Math.floor(bytes / KIB / Math.max(1, cpus)));
}

async function makeInstance(system: InstanceSystem, path: string): Promise<void> {
  try {
    system.makeDir(path);
  } catch (error) {
    // The name is of this very process: what is there is of a run of it that failed.
    const stale = error instanceof Deno.errors.AlreadyExists && await removeInstance(system, path);
    if (!stale) throw failure(`make "${path}"`, error);
    system.makeDir(path);
  }
}

/**
 * Removes an instance; tries again for half a second where something in it is open.
 *
 * @returns Whether it is gone.
 */
export async function removeInstance(
  system: Pick<System, "removeDir" | "sleep">,
  path: string,
  tries = REMOVALS,
): Promise<boolean> {
  const never = new AbortController().signal;
  for (let left = tries; left > 0; left--) {
    try {
      system.removeDir(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return true;
      if (!hasErrno(error, "EBUSY")) return false;
    }
    if (left > 1) await system.sleep(REMOVAL_PAUSE, never);
  }
  return false;
}

function failure(what: string, error: unknown): ExitError {
  if (error instanceof Deno.errors.PermissionDenied || hasErrno(error, "EROFS")) {
    return new ExitError(EXIT.permission, `may not ${what}: ${AS_ROOT}, outside of a container`);
  }
  const errno = errnoOf(error);
  const why = errno ?? (error instanceof Error ? error.message : String(error));
  const advice = errno === "ENOMEM" ? "the kernel has no memory for it" : `the kernel said ${why}`;
  return new ExitError(EXIT.unavailable, `cannot ${what}: ${advice}`);
}
