/**
 * Runs connscribe as a user would: the source under this Deno, or the binary that the environment
 * variable `CONNSCRIBE_BINARY` names. Every wait is bounded and every process is ended by its pid.
 */

/** The root of the checkout. */
export const ROOT = new URL("../", import.meta.url).pathname;

/** Python with psutil: that of the system, not the first one in PATH. */
export const PYTHON = "/usr/bin/python3";

/** How long a program may take to end, or to say something, on a busy machine too; milliseconds. */
const TIMEOUT = 60_000;

/** Variables that would change what a program prints. */
const NOT_INHERITED = [
  "NO_COLOR",
  "FORCE_COLOR",
  "JOURNAL_STREAM",
  "CONNSCRIBE_BINARY",
  "DENO_AUDIT_PERMISSIONS",
];

/** How a program is started. */
export interface StartOptions {
  /** Words that come before the program: another program that runs it (`nsenter`, `setpriv`, `sh`). */
  readonly prefix?: readonly string[];
  /** Variables besides those of the test itself. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether {@linkcode Program.write} is used; else there is no standard input. */
  readonly stdin?: boolean;
}

/** What a program left behind. */
export interface Result {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The binary under test; undefined where it is the source. */
export function binary(): string | undefined {
  const path = Deno.env.get("CONNSCRIBE_BINARY");
  return path === undefined || path === "" || path.startsWith("/")
    ? path || undefined
    : ROOT + path;
}

/** The options of V8 that a binary has been compiled with: the source is run with them, too. */
export const V8_FLAGS = /--v8-flags=\S+/.exec(Deno.readTextFileSync(`${ROOT}deno.json`))?.[0] ?? "";

/** The command line that runs connscribe with these arguments. */
export function commandLine(args: readonly string[]): string[] {
  const path = binary();
  if (path !== undefined) return [path, ...args];
  return [Deno.execPath(), "run", V8_FLAGS, "-q", "--no-prompt", "-A", `${ROOT}main.ts`, ...args];
}

/** Rejects with this message when the promise takes longer. */
export async function within<T>(
  ms: number,
  promise: Promise<T>,
  message: () => string,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`After ${ms} ms: ${message()}`)), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again and again until the answer is not undefined. */
export async function eventually<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  what: string,
  ms = TIMEOUT,
): Promise<T> {
  const end = Date.now() + ms;
  while (true) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`After ${ms} ms: ${what}`);
    await sleep(20);
  }
}

/** The text that a stream has given up to now. */
class Captured {
  text = "";
  readonly ended: Promise<void>;
  #lines: string[] = [];
  #lineStart = 0;
  #wake: (() => void)[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  /** Whole lines, without their line feeds. */
  lines(): readonly string[] {
    let end = this.text.indexOf("\n", this.#lineStart);
    for (; end >= 0; end = this.text.indexOf("\n", this.#lineStart)) {
      this.#lines.push(this.text.slice(this.#lineStart, end));
      this.#lineStart = end + 1;
    }
    return this.#lines;
  }

  /** Resolves when there is more, or at the end. */
  more(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.text += decoder.decode(chunk, { stream: true });
      this.#wakeAll();
    }
    this.text += decoder.decode();
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** A running program. `await using` ends it. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  readonly #words: readonly string[];
  readonly stdout: Captured;
  readonly stderr: Captured;
  #running = true;
  #status: Promise<Deno.CommandStatus>;

  /** @param words The program and its arguments, after {@linkcode StartOptions.prefix}. */
  constructor(words: readonly string[], options: StartOptions = {}) {
    this.#words = [...options.prefix ?? [], ...words];
    const [program = "", ...args] = this.#words;
    const env = { ...Deno.env.toObject() };
    for (const name of NOT_INHERITED) delete env[name];
    this.#child = new Deno.Command(program, {
      args,
      clearEnv: true,
      env: { ...env, ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      stdin: options.stdin ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (options.stdin) this.#input = this.#child.stdin.getWriter();
    this.stdout = new Captured(this.#child.stdout);
    this.stderr = new Captured(this.#child.stderr);
    this.#status = this.#child.status.then((status) => {
      this.#running = false;
      return status;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Writes to the program's standard input. */
  async write(text: string): Promise<void> {
    await this.#input?.write(new TextEncoder().encode(text));
  }

  /** Ends the program's standard input. */
  async closeInput(): Promise<void> {
    await this.#input?.close().catch(() => {});
  }

  /** The first whole line of stdout, or of stderr, that matches. Throws when it does not come in time. */
  async line(
    matches: (line: string) => boolean,
    what: string,
    stream: "stdout" | "stderr" = "stdout",
    ms = TIMEOUT,
  ): Promise<string> {
    const search = async (): Promise<string> => {
      for (let seen = 0;;) {
        const lines = this[stream].lines();
        for (; seen < lines.length; seen++) {
          if (matches(lines[seen] ?? "")) return lines[seen] ?? "";
        }
        if (!this.#running) {
          await this[stream].ended;
          if (this[stream].lines().length === seen) {
            throw new Error(this.#describe(`ended: ${what}`));
          }
          continue;
        }
        await Promise.race([this[stream].more(), this.#status]);
      }
    };
    return await within(ms, search(), () => this.#describe(`no line: ${what}`));
  }

  /** Sends a signal, unless the program has ended. */
  signal(name: Deno.Signal): void {
    if (!this.#running) return;
    try {
      this.#child.kill(name);
    } catch (error) {
      // It has ended, and the promise of its status has yet to say so.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Waits for the end. Throws when it does not come in time. */
  async ended(ms = TIMEOUT): Promise<Result> {
    const status = await within(ms, this.#status, () => this.#describe("does not end"));
    await within(
      ms,
      Promise.all([this.stdout.ended, this.stderr.ended]),
      () => this.#describe("has ended, but its output is still open"),
    );
    return {
      code: status.code,
      signal: status.signal,
      stdout: this.stdout.text,
      stderr: this.stderr.text,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.closeInput();
    await this.#status;
    await Promise.all([this.stdout.ended, this.stderr.ended]);
  }

  #describe(what: string): string {
    const tail = (text: string) => text.length > 2000 ? `…${text.slice(-2000)}` : text;
    return `${this.#words.join(" ")}: ${what}\n--- stdout\n${tail(this.stdout.text)}\n--- stderr\n${
      tail(this.stderr.text)
    }`;
  }
}

/** Starts connscribe. */
export function start(args: readonly string[], options: StartOptions = {}): Program {
  return new Program(commandLine(args), options);
}

/** Runs connscribe to its end. */
export async function run(
  args: readonly string[],
  options: StartOptions & { readonly timeout?: number } = {},
): Promise<Result> {
  await using program = start(args, options);
  return await program.ended(options.timeout);
}

/** Runs another program to its end; throws when it fails. Returns its stdout. */
export async function runOther(
  words: readonly string[],
  options: StartOptions = {},
): Promise<string> {
  await using program = new Program(words, options);
  const { code, stdout, stderr } = await program.ended();
  if (code !== 0) throw new Error(`${words.join(" ")}: ended with ${code}: ${stderr}`);
  return stdout;
}

/** A temporary directory that goes when it is disposed of. */
export class TempDir implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "connscribe-test-" });

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** The prefix that sends stdout elsewhere: `> FILE`, `| PROGRAM`. The exit code stays connscribe's. */
export function redirected(to: string): string[] {
  return ["/bin/bash", "-c", `"$@" ${to}; exit "\${PIPESTATUS[0]}"`, "bash"];
}
