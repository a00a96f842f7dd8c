/** Runs connscribe as a user who may nothing: from a copy that this user can read. */
import {
  binary,
  Program,
  type Result,
  ROOT,
  runOther,
  type StartOptions,
  TempDir,
} from "./program.ts";

/** A user id that no host gives to anybody. */
export const NOBODY = 60001;

/** What makes a program run as {@linkcode NOBODY}, without any capability. */
export const AS_NOBODY: readonly string[] = [
  "setpriv",
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  "--clear-groups",
  "--inh-caps=-all",
  "--bounding-set=-all",
  "--no-new-privs",
];

/** Folders and files that the program consists of. */
const SOURCES = ["main.ts", "deno.json", "deno.lock", "lib", "collectors"] as const;

/** A copy of connscribe, of Deno and of its packages. It goes when it is disposed of. */
export class UnprivilegedCopy implements AsyncDisposable {
  readonly #directory: TempDir;
  readonly #words: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  private constructor(
    directory: TempDir,
    words: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    this.#directory = directory;
    this.#words = words;
    this.#env = env;
  }

  static async create(): Promise<UnprivilegedCopy> {
    const directory = new TempDir();
    const { path } = directory;
    try {
      await Deno.chmod(path, 0o755);
      const program = `${path}/program`;
      await Deno.copyFile(binary() ?? Deno.execPath(), program);
      await Deno.chmod(program, 0o755);
      const cache = `${path}/cache`;
      await Deno.mkdir(cache);
      if (binary() === undefined) {
        for (const name of SOURCES) await runOther(["cp", "-r", ROOT + name, path]);
        const info: { npmCache: string } = JSON.parse(
          await runOther([Deno.execPath(), "info", "--json"]),
        );
        await runOther(["cp", "-r", info.npmCache, cache]);
        await runOther(["chmod", "-R", "a+rX", path]);
      }
      await runOther(["chown", "-R", String(NOBODY), cache]);
      const words = binary() === undefined
        ? [program, "run", "-q", "--no-prompt", "--cached-only", "-A", `${path}/main.ts`]
        : [program];
      return new UnprivilegedCopy(directory, words, { DENO_DIR: cache, HOME: cache });
    } catch (error) {
      await directory[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs it to its end. */
  async run(args: readonly string[], options: StartOptions = {}): Promise<Result> {
    await using program = new Program([...this.#words, ...args], {
      ...options,
      prefix: AS_NOBODY,
      env: { ...this.#env, ...options.env },
      cwd: this.#directory.path,
    });
    return await program.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory[Symbol.asyncDispose]();
  }
}
