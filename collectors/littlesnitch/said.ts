/** What littlesnitch says besides its CSV. It may say it on either of its outputs. */
import { EXIT, ExitError } from "../../lib/exit.ts";
import type { ChildStatus } from "../../lib/system.ts";

/** Exit status of a littlesnitch that is not run as root. */
const NOT_ROOT_STATUS = 14;

/** Lines that are kept, and characters of each. */
const KEPT_LINES = 3;
const KEPT_CHARACTERS = 200;

/** `littlesnitch must be run as root!` */
const NOT_ROOT = "run as root";

/**
 * `Error: command line tool is not authorized to make changes.` and `Please enable access in Little
 * Snitch.app > Preferences > Security.`
 */
const NO_ACCESS = ["is not authorized", "Please enable access"] as const;

/** Whether a line is one of the messages that stop littlesnitch. None has a comma, as a row has. */
export function isMessage(line: string): boolean {
  return !line.includes(",") &&
    (line.includes(NOT_ROOT) || NO_ACCESS.some((text) => line.includes(text)));
}

/** What one run of littlesnitch has said. */
export class Said {
  #notRoot = false;
  #noAccess = false;
  readonly #last: string[] = [];

  /** Takes note of a line, without its line feed. */
  add(line: string): void {
    const text = line.trim();
    if (text === "") return;
    this.#last.push(text.slice(0, KEPT_CHARACTERS));
    if (this.#last.length > KEPT_LINES) this.#last.shift();
    if (text.includes(NOT_ROOT)) this.#notRoot = true;
    if (NO_ACCESS.some((message) => text.includes(message))) this.#noAccess = true;
  }

  /** Why it may not read the log, if that is what it said. */
  refusal(status: ChildStatus): ExitError | undefined {
    if (this.#noAccess) {
      return new ExitError(
        EXIT.permission,
        "Little Snitch does not let its command line tool read the log: in Little Snitch.app, open " +
          "Settings (or Preferences) > Security and allow access via Terminal",
      );
    }
    if (this.#notRoot || (status.signal === null && status.code === NOT_ROOT_STATUS)) {
      return new ExitError(EXIT.permission, "littlesnitch may read its log only as root: use sudo");
    }
    return undefined;
  }

  /** How it ended, and the last that it said. */
  describe({ code, signal }: ChildStatus): string {
    const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`;
    if (this.#last.length === 0) return how;
    return `${how}, saying ${this.#last.map((line) => JSON.stringify(line)).join(", ")}`;
  }
}
