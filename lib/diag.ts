/** Diagnostics: what connscribe says to the user on stderr, apart from the records. */
import type { Level } from "./collector.ts";
import { createPaint, SGR } from "./formats/ansi.ts";
import { escapeMessage } from "./formats/escape.ts";
import type { System } from "./system.ts";

/** Severities of syslog(3). */
const SEVERITY: Readonly<Record<Level, number>> = { error: 3, warning: 4, notice: 5, debug: 7 };

const COLOR: Readonly<Record<Level, number>> = {
  error: SGR.red,
  warning: SGR.yellow,
  notice: SGR.bold,
  debug: SGR.dim,
};

/** How much is said. Errors always are. */
export interface DiagOptions {
  /** Only errors. */
  readonly quiet?: boolean;
  /** Also what is of use only when something is looked into. */
  readonly verbose?: boolean;
}

/** Says things on stderr, one line each: `connscribe: warning: proc: message`. Never throws. */
export class Diag {
  readonly #system: Pick<System, "stderr" | "env">;
  readonly #options: DiagOptions;
  readonly #toJournal: boolean;
  readonly #paint: (sgr: number, text: string) => string;

  constructor(system: Pick<System, "stderr" | "env">, options: DiagOptions = {}) {
    this.#system = system;
    this.#options = options;
    const { isTerminal } = system.stderr;
    // systemd.exec(5). A shell that a service has started hands it on, so a terminal decides.
    this.#toJournal = !isTerminal && Boolean(system.env("JOURNAL_STREAM"));
    this.#paint = createPaint(
      isTerminal && !system.env("NO_COLOR") && system.env("TERM") !== "dumb",
    );
  }

  /**
   * Says something, unless the options silence this level. Control characters in it are escaped.
   *
   * @param component The part of the program that it is about, such as the name of a collector.
   */
  say(level: Level, message: string, component?: string): void {
    if (this.#options.quiet && level !== "error") return;
    if (!this.#options.verbose && level === "debug") return;
    const text = component === undefined ? message : `${component}: ${message}`;
    // sd-daemon(3): the journal takes the severity off the line again.
    const severity = this.#toJournal ? `<${SEVERITY[level]}>` : "";
    this.#print(
      `${severity}connscribe: ${this.#paint(COLOR[level], level)}: ${escapeMessage(text)}\n`,
    );
  }

  #print(line: string): void {
    let rest = new TextEncoder().encode(line);
    try {
      while (rest.length > 0) {
        const written = this.#system.stderr.write(rest);
        if (written <= 0) return;
        rest = rest.subarray(written);
      }
    } catch {
      // There is nobody left to tell.
    }
  }
}
