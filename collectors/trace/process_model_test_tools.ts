/** A host whose processes live in memory: it gives a proc file system, and the trace of all they do. */
import { realSystem, type System } from "../../lib/system.ts";
import type { ExecEvent, ExitEvent, ForkEvent, StateEvent } from "./event.ts";

/** Seconds since the epoch when the host was started. */
export const BOOT_TIME = 1_700_000_000;

/** UUID of its boot. */
export const BOOT_ID = "11111111-2222-3333-4444-555555555555";

/** What a process runs. */
export interface ModelProgram {
  readonly executable: string;
  readonly argv: readonly string[];
}

/** One life of a pid. */
export interface ModelProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly parent: ModelProcess | undefined;
  readonly parentProgram: ModelProgram | undefined;
  readonly threads: Map<number, number>;
  program: ModelProgram;
  /** All that it ever ran. */
  readonly history: string[];
}

/** An event, and of connections what is true at that place. */
export type ModelEvent =
  | { readonly event: ForkEvent | ExecEvent | ExitEvent }
  | {
    readonly event: StateEvent;
    readonly process: ModelProcess;
    readonly program: ModelProgram;
  };

const encoder = new TextEncoder();

function comm({ executable }: ModelProgram): string {
  return executable.slice(executable.lastIndexOf("/") + 1);
}

/** The host. Each thing done takes some microseconds. */
export class ModelHost {
  /** Microseconds since the boot. */
  boot = 1_000_000_000;
  readonly processes: ModelProcess[] = [];
  readonly trace: ModelEvent[] = [];
  /** Pids that have executed something. */
  readonly notices: number[] = [];
  readonly #lastTick = new Map<number, number>();
  #programs = 0;

  /**
   * @param count Processes that live at the start.
   * @param executables How many there are; with Infinity, each exec is of another one.
   */
  constructor(count: number, readonly executables: number) {
    for (let pid = 1; pid <= count; pid++) this.#add(pid, this.#program(pid), undefined);
    this.boot += 1_000_000;
  }

  system(): System {
    return {
      ...realSystem(),
      now: () => BOOT_TIME * 1e6 + this.boot,
      readFile: (path) => encoder.encode(this.#file(path)),
      readLink: (path) => this.#file(path),
      readDir: () => this.processes.map(({ pid }) => ({ name: String(pid) })),
    };
  }

  /** Ids that are not in use and were not given out within this tick. */
  free(pool: number): number[] {
    const used = new Set(this.processes.flatMap(({ pid, threads }) => [pid, ...threads.keys()]));
    const free: number[] = [];
    for (let pid = 1; pid <= pool; pid++) {
      if (!used.has(pid) && this.#lastTick.get(pid) !== this.#tick()) free.push(pid);
    }
    return free;
  }

  fork(parent: ModelProcess, tid: number, child: number): void {
    this.#add(child, parent.program, parent);
    this.#emit(tid, { type: "fork", child, thread: false, comm: comm(parent.program) });
  }

  thread(process: ModelProcess, tid: number, child: number): void {
    process.threads.set(child, this.#tick());
    this.#lastTick.set(child, this.#tick());
    this.#emit(tid, { type: "fork", child, thread: true, comm: comm(process.program) });
  }

  exec(process: ModelProcess, tid: number, choice: number): void {
    const { pid, threads } = process;
    if (tid !== pid) this.#emit(pid, { type: "exit", comm: comm(process.program) });
    for (const thread of threads.keys()) {
      if (thread !== tid) this.#emit(thread, { type: "exit", comm: comm(process.program) });
    }
    threads.clear();
    process.program = this.#program(choice);
    process.history.push(process.program.argv.join(" "));
    const filename = process.program.executable;
    this.#emit(pid, { type: "exec", pid, oldPid: tid, filename });
    this.notices.push(pid);
  }

  endThread(process: ModelProcess, tid: number): void {
    process.threads.delete(tid);
    this.#emit(tid, { type: "exit", comm: comm(process.program) });
  }

  /** It closes a connection on its way. */
  exit(process: ModelProcess): void {
    const { pid, program, threads } = process;
    for (const tid of [...threads.keys(), pid]) {
      this.#emit(tid, { type: "exit", comm: comm(program) });
    }
    this.connect(process, pid);
    this.processes.splice(this.processes.indexOf(process), 1);
  }

  connect(process: ModelProcess, tid: number): void {
    const any = { ip: "127.0.0.1", port: 1 };
    this.boot += 7;
    this.trace.push({
      event: {
        ...this.#head(tid),
        type: "state",
        socket: 1,
        protocol: 6,
        oldState: 7,
        newState: 2,
        local: any,
        remote: any,
        ipVersion: 4,
      },
      process,
      program: process.program,
    });
  }

  #tick(): number {
    return Math.floor(this.boot / 1e4);
  }

  #head(tid: number) {
    return { time: BOOT_TIME * 1e6 + this.boot, boot: this.boot, tid, interrupted: false };
  }

  #emit(
    tid: number,
    event:
      | Pick<ForkEvent, "type" | "child" | "thread" | "comm">
      | Pick<ExecEvent, "type" | "pid" | "oldPid" | "filename">
      | Pick<ExitEvent, "type" | "comm">,
  ): void {
    // Within the tick: a child's start, which was taken before, is the same then.
    if (this.#tick() === Math.floor((this.boot + 5) / 1e4)) this.boot += 5;
    this.trace.push({ event: { ...this.#head(tid), ...event } });
  }

  #program(choice: number): ModelProgram {
    this.#programs++;
    const few = this.executables < Infinity;
    const executable = `/bin/tool${few ? choice % this.executables : this.#programs}`;
    return { executable, argv: [executable, `run ${this.#programs}`] };
  }

  #add(pid: number, program: ModelProgram, parent: ModelProcess | undefined): void {
    const startTicks = this.#tick();
    this.#lastTick.set(pid, startTicks);
    this.processes.push({
      pid,
      startTicks,
      parent,
      parentProgram: parent?.program,
      threads: new Map(),
      program,
      history: [program.argv.join(" ")],
    });
  }

  #file(path: string): string {
    if (path === "/proc/stat") return `cpu 1\nbtime ${BOOT_TIME}\n`;
    if (path === "/proc/sys/kernel/random/boot_id") return `${BOOT_ID}\n`;
    const [, id, file] = /^\/proc\/(\d+)\/(.*)$/.exec(path) ?? [];
    const tid = Number(id);
    const process = this.processes.find(({ pid, threads }) => pid === tid || threads.has(tid));
    if (process === undefined || file === undefined) throw new Deno.errors.NotFound(path);
    const { pid, program, parent } = process;
    const startTicks = tid === pid ? process.startTicks : process.threads.get(tid);
    switch (file) {
      case "stat":
        return `${tid} (${comm(program)}) S ${parent?.pid ?? 0} ${
          "0 ".repeat(17)
        }${startTicks} 0\n`;
      case "status":
        return `Name:\tx\nTgid:\t${pid}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n`;
      case "cmdline":
        return program.argv.map((argument) => `${argument}\0`).join("");
      case "exe":
        return program.executable;
      case "cgroup":
        return "0::/system.slice/test.service\n";
      case "ns/net":
        return "net:[4026531840]";
    }
    throw new Deno.errors.NotFound(path);
  }
}
