/** The bytes of all TCP sockets that are destroyed, in every network namespace that has processes. */
import { NSENTER_PATHS } from "../../registry.ts";
import type { Level } from "../../../lib/collector.ts";
import type { CommandLine } from "../../../lib/procfs/cmdline.ts";
import type { Missing, ProcFs } from "../../../lib/procfs/procfs.ts";
import type { System } from "../../../lib/system.ts";
import { SETPRIV_PATHS, SS_EVENTS, SS_PATHS, STDBUF_PATHS } from "./programs.ts";
import { SsEvents } from "./ss_events.ts";
import type { SsTotals } from "./ss_line.ts";

/** Network namespaces that are followed at most. */
export const MOST_NAMESPACES = 64;

/** How long it takes until namespaces are looked for again, milliseconds. */
const LOOK_MS = 3000;

const NO_BYTES = "TCP connections have no bytes when they close";

/** What is missing without a program. */
const WITHOUT: Readonly<Record<string, string>> = {
  nsenter: "TCP connections of other network namespaces have no bytes",
  setpriv: "ss lives on if this program is killed",
};

/** Ends of children that are no loss: by the signal that ends us too, or because their namespace has gone. */
const USUAL = /SIGINT|SIGTERM|cannot open .*\/ns\/net/;

/** What a {@linkcode ByteCounts} needs. */
export interface ByteCountsOptions {
  readonly system: Pick<System, "spawn" | "sleep" | "now" | "run">;
  /** Namespaces are entered only where it is /proc itself. */
  readonly procfs: Pick<ProcFs, "root" | "pids" | "netns" | "cmdline">;
  /** Takes each line as it comes. */
  readonly onLine: (totals: SsTotals) => void;
  readonly report: (level: Level, message: string) => void;
  /** Defaults are those of `programs.ts`, and {@linkcode NSENTER_PATHS}. */
  readonly programs?: {
    readonly ss: readonly string[];
    readonly stdbuf: readonly string[];
    readonly nsenter: readonly string[];
    readonly setpriv: readonly string[];
  };
}

interface Follower {
  readonly events: SsEvents;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** One `ss -E` for each namespace. */
export class ByteCounts {
  /** How often lines may have been lost because a child died. */
  gaps = 0;
  readonly #options: ByteCountsOptions;
  /** By inode number of the namespace. */
  readonly #followers = new Map<number, Follower>();
  /** By namespace: a process in it, when last looked for. */
  #holders: ReadonlyMap<number, number | "self"> = new Map();
  #nsenter: string | undefined;
  /** What makes a child end with us. */
  #tied: readonly string[] = [];
  /** Namespaces that cannot be followed. */
  readonly #refused = new Set<number>();
  /** Reasons that were told. */
  readonly #told = new Set<string>();

  constructor(options: ByteCountsOptions) {
    this.#options = options;
  }

  /** The namespaces that are followed, and what enters each. */
  *places(): Generator<{ readonly inode: number; readonly enter: readonly string[] }> {
    for (const inode of this.#followers.keys()) {
      yield { inode, enter: this.#enter(inode, this.#nsenter) };
    }
  }

  /** How many namespaces are followed. */
  get namespaces(): number {
    return this.#followers.size;
  }

  /**
   * Follows all namespaces until the signal aborts; then no child is left. Where ss or stdbuf is missing
   * it says so and resolves at once. Never rejects.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { system, procfs, programs } = this.#options;
    const stdbuf = await this.#find("stdbuf", programs?.stdbuf ?? STDBUF_PATHS, "--version");
    const ss = await this.#find("ss", programs?.ss ?? SS_PATHS, "-V");
    this.#nsenter = procfs.root === "/proc"
      ? await this.#find("nsenter", programs?.nsenter ?? NSENTER_PATHS, "--version")
      : undefined;
    if (stdbuf === undefined || ss === undefined) return;
    const setpriv = await this.#find("setpriv", programs?.setpriv ?? SETPRIV_PATHS, "--version");
    // It only writes when a socket goes: without us it would live on, and its namespace with it.
    if (setpriv !== undefined) this.#tied = [setpriv, "--pdeathsig", "KILL"];
    const command = [stdbuf, "-oL", ss];
    while (!signal.aborted) {
      this.#look(command, signal);
      await system.sleep(LOOK_MS, signal);
    }
    await Promise.all([...this.#followers.values()].map(({ ended }) => ended));
  }

  /** The first of the paths that can be run. */
  async #find(name: string, paths: readonly string[], ask: string): Promise<string | undefined> {
    let why = "it is not there";
    for (const path of paths) {
      try {
        await this.#options.system.run(path, [ask]);
        return path;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) continue;
        why = error instanceof Error ? error.message : String(error);
      }
    }
    this.#tell(`cannot run ${name}, so ${WITHOUT[name] ?? NO_BYTES}: ${why}`);
    return undefined;
  }

  #tell(message: string): void {
    if (this.#told.has(message) || this.#told.size >= MOST_NAMESPACES) return;
    this.#told.add(message);
    this.#options.report("warning", message);
  }

  #look(command: readonly string[], signal: AbortSignal): void {
    const nsenter = this.#nsenter;
    const holders = this.#findHolders(nsenter !== undefined);
    this.#holders = holders;
    for (const [inode, { events, stop }] of this.#followers) {
      // A process id may have been given away again before its namespace was entered.
      const entered = events.pid === undefined ? "gone" : this.#options.procfs.netns(events.pid);
      const astray = typeof entered === "number" && entered !== inode &&
        holders.get(inode) !== "self";
      if (astray || !holders.has(inode)) stop.abort();
    }
    for (const inode of this.#refused) if (!holders.has(inode)) this.#refused.delete(inode);
    for (const inode of holders.keys()) {
      if (this.#followers.has(inode) || this.#refused.has(inode)) continue;
      if (this.#followers.size >= MOST_NAMESPACES) {
        this.#tell(`only ${MOST_NAMESPACES} network namespaces are asked for bytes`);
        return;
      }
      this.#follow(
        inode,
        () => [...this.#tied, ...this.#enter(inode, nsenter), ...command],
        signal,
      );
    }
  }

  #enter(inode: number, nsenter: string | undefined): readonly string[] {
    const pid = this.#holders.get(inode);
    if (pid === "self" || nsenter === undefined) return [];
    return [nsenter, `--net=/proc/${pid ?? "gone"}/ns/net`, "--"];
  }

  /** Those that only count the bytes of a namespace do not hold it. */
  #findHolders(others: boolean): Map<number, number | "self"> {
    const { procfs } = this.#options;
    const holders = new Map<number, number | "self">();
    const own = procfs.netns("self");
    holders.set(typeof own === "number" ? own : 0, "self");
    // Where its own cannot be told, there is no telling which are others.
    if (!others || typeof own !== "number") return holders;
    const counting = new Set<number | undefined>();
    for (const { events } of this.#followers.values()) counting.add(events.pid);
    for (const pid of procfs.pids()) {
      if (counting.has(pid)) continue;
      const inode = procfs.netns(pid);
      if (typeof inode !== "number" || holders.has(inode)) continue;
      // Nor do those of another connscribe, which would follow ours in turn.
      if (!isCounting(procfs.cmdline(pid))) holders.set(inode, pid);
    }
    return holders;
  }

  #follow(inode: number, command: () => readonly string[], signal: AbortSignal): void {
    const { system, onLine } = this.#options;
    const events = new SsEvents({
      system,
      command,
      onLine,
      onGap: (what) => {
        const isUsual = USUAL.test(what);
        // The first says it; where there is more than ss can take, it comes again and again.
        const level = isUsual || this.gaps > 0 ? "debug" : "warning";
        if (!isUsual) this.gaps++;
        this.#options.report(level, `${what} (network namespace ${inode})`);
      },
    });
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const ended = events.run(both).then((reason) => {
      this.#followers.delete(inode);
      if (reason === undefined) return;
      this.#refused.add(inode);
      this.#tell(`TCP connections have no bytes when they close: ${reason}`);
    });
    this.#followers.set(inode, { events, stop, ended });
  }
}

function isCounting(commandLine: CommandLine | Missing): boolean {
  return typeof commandLine !== "string" &&
    SS_EVENTS.every((word) => commandLine.argv.includes(word));
}
