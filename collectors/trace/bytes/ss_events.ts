/**
 * One line for each TCP socket that is destroyed in one network namespace, from an `ss -E` child
 * (ss(8)), which is started again when it dies.
 *
 * ss writes in blocks to a pipe, so it runs under stdbuf(1), which loads a library into it: an ss that
 * is linked statically, or with another C library, prints nothing until its block is full.
 */
import { Backoff } from "../../../lib/child/backoff.ts";
import { LineSplitter } from "../../../lib/child/lines.ts";
import { RunningChild } from "../../../lib/child/running_child.ts";
import type { System } from "../../../lib/system.ts";
import { SS_EVENTS } from "./programs.ts";
import { parseSsLine, type SsTotals } from "./ss_line.ts";

/** Characters of a line of stderr that are told. */
const KEPT_CHARACTERS = 200;

/** What ss, stdbuf and nsenter say when it will not work later either. */
const HOPELESS =
  /invalid option|unrecognized option|not permitted|Permission denied|failed to run command|failed to execute|could not find/i;

/** Words with which glibc's getopt refuses an option. */
const REFUSED = /(?:invalid|unrecognized) option/;

/** What an {@linkcode SsEvents} needs. */
export interface SsEventsOptions {
  readonly system: Pick<System, "spawn" | "sleep" | "now">;
  /** What is to be run now, up to the options of ss: what enters a namespace, stdbuf and ss, by paths. */
  readonly command: () => readonly string[];
  readonly onLine: (totals: SsTotals) => void;
  /** A child has died and another one will follow: lines may have been lost. */
  readonly onGap: (what: string) => void;
}

/** The children of one namespace, one after the other. */
export class SsEvents {
  readonly #options: SsEventsOptions;
  #pid: number | undefined;

  constructor(options: SsEventsOptions) {
    this.#options = options;
  }

  /** Process id of the child that runs now. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /**
   * Runs until the signal aborts, or until it is known not to work.
   *
   * @returns Why it does not work; undefined when the signal has aborted. Never rejects.
   */
  async run(signal: AbortSignal): Promise<string | undefined> {
    const { system, onGap } = this.#options;
    const backoff = new Backoff();
    while (!signal.aborted) {
      const begun = system.now();
      const { end, hopeless } = await this.#live(signal);
      if (signal.aborted) return undefined;
      if (hopeless) return end;
      const waitMs = backoff.next((system.now() - begun) / 1000);
      onGap(`${end}; trying again in ${waitMs / 1000} s`);
      await system.sleep(waitMs, signal);
    }
    return undefined;
  }

  async #live(signal: AbortSignal): Promise<{ end: string; hopeless: boolean }> {
    const { system, onLine, command } = this.#options;
    const [program = "", ...args] = command();
    let child: RunningChild;
    let said = "";
    try {
      child = new RunningChild(
        system,
        system.spawn(program, [...args, ...SS_EVENTS], {}),
        signal,
        (line) => {
          // What follows a line that tells why is advice.
          if (line.trim() !== "" && !HOPELESS.test(said)) said = line.slice(0, KEPT_CHARACTERS);
        },
      );
    } catch (error) {
      const hopeless = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable;
      const why = error instanceof Error ? error.message : String(error);
      return { end: `cannot run "${program}": ${why}`, hopeless };
    }
    this.#pid = child.pid;
    const decoder = new TextDecoder();
    const lines = new LineSplitter();
    let count = 0;
    try {
      for await (const chunk of child.chunks()) {
        lines.push(chunk, (bytes, start, end) => {
          count++;
          const totals = parseSsLine(decoder.decode(bytes.subarray(start, end)));
          if (totals !== undefined) onLine(totals);
        });
      }
      const status = await child.ended();
      const how = status.signal === null ? `status ${status.code}` : status.signal;
      const hopeless = count === 0 && status.code !== 0 && HOPELESS.test(said);
      if (hopeless && REFUSED.test(said)) {
        return { end: `ss is too old to follow sockets: it says "${said}"`, hopeless };
      }
      const last = said === "" ? "" : `, saying "${said}"`;
      return { end: `ss gave ${count} lines and ended with ${how}${last}`, hopeless };
    } finally {
      await child.stop();
      this.#pid = undefined;
    }
  }
}
