/**
 * Flow events from a `conntrack -E` child (conntrack(8)), which is started again when it dies. It needs
 * root or CAP_NET_ADMIN, and sees the network namespace that it runs in.
 */
import type { Level } from "../../lib/collector.ts";
import { EXIT, ExitError } from "../../lib/exit.ts";
import { makeRealTime } from "../../lib/real_time.ts";
import type { ChildStatus, System } from "../../lib/system.ts";
import { Backoff } from "../../lib/child/backoff.ts";
import { EventSocket, type EventSocketFiles } from "./event_socket.ts";
import type { FlowEvent } from "./flow.ts";
import { CONNTRACK_ENV, FlowReader } from "./flow_reader.ts";
import { withProgram } from "../../lib/child/programs.ts";
import { RunningChild } from "../../lib/child/running_child.ts";
import { StderrSummary } from "./stderr.ts";
import { TimeLimit } from "../../lib/child/time_limit.ts";
import { collect, type FlowTransport } from "./transport.ts";

/** How long `conntrack -L` may take for one family, milliseconds. */
const DUMP_MS = 60_000;

const INSTALL =
  "install conntrack (the package is conntrack or conntrack-tools), or name it with --conntrack PATH";

/** Words for `-o`. One that a version does not know is left out. */
const EVENT_OUTPUT = ["timestamp", "id", "ktimestamp"] as const;
const DUMP_OUTPUT = ["id", "extended", "ktimestamp"] as const;

/** What a {@linkcode ConntrackChild} needs. */
export interface ConntrackChildOptions {
  readonly system: Pick<System, "spawn" | "sleep" | "now" | "run">;
  /** Absolute paths of conntrack: the first one that is there is used. */
  readonly programs: readonly string[];
  /** Whether updates are wanted too. */
  readonly updates: boolean;
  /** Tells of a child that has died. */
  readonly report: (level: Level, message: string) => void;
  /** Where the losses of its socket are read. */
  readonly files: EventSocketFiles;
}

/** A flow transport over the text of conntrack. Only one iteration of {@linkcode events} at a time. */
export class ConntrackChild implements FlowTransport {
  readonly #options: ConntrackChildOptions;
  readonly #socket: EventSocket;
  readonly #dropped: Record<string, number> = {};
  /** Words of `-o` that this version does not know. */
  readonly #refused = new Set<string>();
  #gaps = 0;

  constructor(options: ConntrackChildOptions) {
    this.#options = options;
    this.#socket = new EventSocket(options.files, options.updates);
  }

  get dropped(): Readonly<Record<string, number>> {
    return this.#dropped;
  }

  /**
   * How often events may have been missed: a child died, or said that it lost some. How many were missed
   * while no child was there, {@linkcode lost} cannot tell.
   */
  get gaps(): number {
    return this.#gaps;
  }

  /** Whether the kernel queues events for the child now: of a flow that begins later there will be one. */
  get listening(): boolean {
    return this.#socket.drops() !== undefined;
  }

  /** Counted by the kernel, to the event; of a child that dies, what it was when last asked for. */
  lost(): number | undefined {
    return this.#socket.lost();
  }

  /**
   * @throws ExitError 69 when there is no conntrack, 77 when it may not be run or may not listen.
   */
  async *events(signal: AbortSignal): AsyncGenerator<FlowEvent[]> {
    const { system } = this.#options;
    const backoff = new Backoff();
    while (!signal.aborted) {
      const begun = system.now();
      const obituary = yield* this.#live(signal);
      if (obituary === undefined || signal.aborted) continue;
      this.#gaps++;
      const waitMs = backoff.next((system.now() - begun) / 1000);
      this.#options.report("warning", `${obituary}; trying again in ${waitMs / 1000} s`);
      await system.sleep(waitMs, signal);
    }
  }

  /**
   * One life of a child. Returns how it ended, in words; undefined when it is to be started again at
   * once, with an option less.
   */
  async *#live(signal: AbortSignal): AsyncGenerator<FlowEvent[], string | undefined> {
    // The count goes with the child, so it is read while the child is still there.
    const readLost = () => void this.#socket.lost();
    const said = new StderrSummary(() => {
      this.#gaps++;
      readLost();
    });
    signal.addEventListener("abort", readLost);
    const kinds = this.#options.updates ? "NEW,UPDATES,DESTROY" : "NEW,DESTROY";
    const output = this.#output(EVENT_OUTPUT);
    let child: RunningChild | string | undefined;
    let hurried: Promise<void> | undefined;
    try {
      child = await this.#start(["-E", "-e", kinds, ...output], signal, said);
      if (typeof child === "string") return child;
      this.#socket.follow(child);
      // The kernel keeps 166 events for it, which are full after a few milliseconds without a CPU.
      hurried = this.#hurry(child.pid);
      const reader = new FlowReader(this.#dropped, false);
      const count = yield* flowsOf(child, reader);
      reader.end();
      const status = await child.ended();
      if (count === 0 && status.code !== 0) {
        if (said.notPermitted) throw notPermitted();
        if (this.#leaveOut(said.refused, output)) return undefined;
      }
      return `conntrack gave ${count} events and ${describe(status, said)}`;
    } finally {
      signal.removeEventListener("abort", readLost);
      readLost();
      if (typeof child === "object") await child.stop();
      await hurried;
    }
  }

  async #hurry(pid: number): Promise<void> {
    const { system, report } = this.#options;
    if (await makeRealTime(system, pid)) return;
    report("debug", "conntrack runs without real time priority");
  }

  /**
   * @param signal Ends it early.
   * @throws ExitError as {@linkcode events}; 75 when the table could not be read whole.
   */
  async *entries(signal?: AbortSignal): AsyncGenerator<FlowEvent[]> {
    for (const family of ["ipv4", "ipv6"]) {
      while (!(yield* this.#list(family, signal))) { /* With an option less. */ }
    }
  }

  /**
   * @param signal Ends it early.
   * @throws ExitError as {@linkcode entries}.
   */
  dump(signal?: AbortSignal): Promise<FlowEvent[]> {
    return collect(this.entries(signal));
  }

  /** Yields the flows of one family; returns false when it is to be tried again at once. */
  async *#list(family: string, signal?: AbortSignal): AsyncGenerator<FlowEvent[], boolean> {
    const said = new StderrSummary();
    const output = this.#output(DUMP_OUTPUT);
    using limit = new TimeLimit(this.#options.system, DUMP_MS, signal);
    const child = await this.#start(["-L", "-f", family, ...output], limit.signal, said);
    if (typeof child === "string") throw new ExitError(EXIT.temporary, child);
    try {
      const reader = new FlowReader(this.#dropped, true);
      const count = yield* flowsOf(child, reader);
      // A list that is given up ends in the middle of a line.
      if (!limit.signal.aborted) reader.end();
      const status = await child.ended();
      if (status.code === 0 && !child.cut && !limit.signal.aborted) return true;
      if (said.notPermitted) throw notPermitted();
      if (count === 0 && this.#leaveOut(said.refused, output)) return false;
      const how = describe(status, said);
      throw new ExitError(EXIT.temporary, `cannot list the tracked flows: conntrack -L ${how}`);
    } finally {
      await child.stop();
    }
  }

  /** Starts conntrack; in words why not, where that may change. */
  async #start(
    args: readonly string[],
    signal: AbortSignal,
    said: StderrSummary,
  ): Promise<RunningChild | string> {
    const { system, programs } = this.#options;
    try {
      return await withProgram(programs, INSTALL, (program) => {
        const child = system.spawn(program, args, CONNTRACK_ENV);
        return new RunningChild(system, child, signal, (line) => said.add(line));
      });
    } catch (error) {
      if (error instanceof ExitError) throw error;
      return `cannot run conntrack: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #output(words: readonly string[]): string[] {
    const known = words.filter((word) => !this.#refused.has(word));
    return known.length === 0 ? [] : ["-o", known.join(",")];
  }

  /** Whether the option was asked for, and so can be left out. */
  #leaveOut(option: string | undefined, output: readonly string[]): boolean {
    if (option === undefined || output[1]?.split(",").includes(option) !== true) return false;
    this.#refused.add(option);
    return true;
  }
}

/** Yields what a child prints, and returns how many flows that were. */
async function* flowsOf(
  child: RunningChild,
  reader: FlowReader,
): AsyncGenerator<FlowEvent[], number> {
  let count = 0;
  for await (const chunk of child.chunks()) {
    const batch: FlowEvent[] = [];
    reader.read(chunk, batch);
    if (batch.length === 0) continue;
    count += batch.length;
    yield batch;
  }
  return count;
}

function notPermitted(): ExitError {
  return new ExitError(
    EXIT.permission,
    "conntrack may not read connection tracking: run as root, or with CAP_NET_ADMIN",
  );
}

function describe(status: ChildStatus, said: StderrSummary): string {
  const how = status.signal === null
    ? `ended with status ${status.code}`
    : `was ended by ${status.signal}`;
  const last = String(said);
  return last === "" ? how : `${how}, saying ${last}`;
}
