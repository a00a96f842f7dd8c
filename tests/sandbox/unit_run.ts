/** Runs connscribe as a unit of systemd would, by `run_unit.py`: with the rights that the unit leaves it. */
import { binary, Program, PYTHON, ROOT, runOther, type StartOptions, TempDir } from "../program.ts";

/** What that needs. */
export const SANDBOX_PROGRAMS = [
  PYTHON,
  "/usr/bin/systemd-analyze",
  `/usr/lib/${Deno.build.arch}-linux-gnu/libseccomp.so.2`,
] as const;

/** What the program consists of. */
const SOURCES = ["main.ts", "deno.json", "deno.lock", "lib", "collectors"] as const;

/** Where the program is seen; nothing else is there. */
const STAGE = "/srv";

/** How a unit is run. */
export interface UnitOptions extends StartOptions {
  /** Text of the unit. */
  readonly unit: string;
  /** Arguments in place of those of the unit. */
  readonly args?: readonly string[];
  /** Another program and its arguments, in place of connscribe. */
  readonly command?: readonly string[];
  /** Capabilities to take away besides. */
  readonly without?: readonly string[];
  /** Directories of the unit, and what is seen there; it is given to the user of the unit. */
  readonly writable?: Readonly<Record<string, string>>;
}

/** A directory for units, and what runs the program in there. */
export class UnitRunner implements AsyncDisposable {
  readonly #directory = new TempDir();
  readonly #words: readonly string[];
  readonly #readable: Readonly<Record<string, string>>;
  #units = 0;

  private constructor(npmCache: string) {
    const path = binary();
    if (path !== undefined) {
      this.#words = [`${STAGE}/connscribe`];
      this.#readable = { [path]: `${STAGE}/connscribe` };
      return;
    }
    const run = ["run", "-q", "--no-prompt", "--cached-only", "-A", `${STAGE}/main.ts`];
    this.#words = [`${STAGE}/deno`, ...run];
    this.#readable = {
      [Deno.execPath()]: `${STAGE}/deno`,
      [npmCache]: `${STAGE}/cache/npm`,
      ...Object.fromEntries(SOURCES.map((name) => [ROOT + name, `${STAGE}/${name}`])),
    };
  }

  static async create(): Promise<UnitRunner> {
    const info: { npmCache: string } = binary() === undefined
      ? JSON.parse(await runOther([Deno.execPath(), "info", "--json"]))
      : { npmCache: "" };
    return new UnitRunner(info.npmCache);
  }

  /** Starts the command of the unit. */
  start({ unit, args, command, without = [], writable = {}, ...options }: UnitOptions): Program {
    const path = `${this.#directory.path}/${this.#units++}.service`;
    Deno.writeTextFileSync(path, unit);
    const settings = {
      words: command ?? [...this.#words, ...args ?? []],
      command: command !== undefined || args !== undefined,
      readable: this.#readable,
      writable,
      without,
      env: { DENO_DIR: `${STAGE}/cache` },
    };
    const runner = `${ROOT}tests/sandbox/run_unit.py`;
    return new Program([PYTHON, "-E", "-s", "-B", runner, path, JSON.stringify(settings)], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory[Symbol.asyncDispose]();
  }
}
