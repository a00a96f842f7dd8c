/** Records of `watch` as the live tests of the trace read them. */
import { assert, assertEquals } from "@std/assert";
import {
  eventually,
  Program,
  PYTHON,
  ROOT,
  start,
  type StartOptions,
  TempDir,
} from "../program.ts";

const INSTANCES = "/sys/kernel/tracing/instances";

/** One end of a connection. */
interface End {
  readonly ip: string;
  readonly port?: number;
  readonly bytes?: number;
  readonly packets?: number;
  readonly nat?: { readonly ip: string; readonly port?: number };
}

/** The part of a record of a connection that is looked at. */
export interface WatchRecord {
  readonly source?: End;
  readonly destination?: End;
  readonly network: { readonly transport: string; readonly "community_id"?: string };
  readonly process?: {
    readonly pid: number;
    readonly "entity_id": string;
    readonly executable?: string;
    readonly args?: readonly string[];
  };
  readonly connscribe: {
    readonly attribution?: { readonly kind: string };
    readonly event?: string;
    readonly collector: string;
    readonly initiator?: string;
    readonly outcome: string;
    readonly preexisting?: boolean;
    readonly connection: { readonly id: string };
    readonly icmp?: { readonly type: number; readonly code?: number };
  };
}

/** A running `watch`. It writes into a file, which is read as it grows: floods make it long. */
export class Watch implements AsyncDisposable {
  readonly #directory: TempDir;
  readonly #file: Deno.FsFile;
  readonly #records: WatchRecord[] = [];
  readonly #decoder = new TextDecoder();
  /** Records about the run itself, as they stand in the file. */
  readonly reports: string[] = [];
  #rest = "";

  private constructor(readonly program: Program, directory: TempDir, file: Deno.FsFile) {
    this.#directory = directory;
    this.#file = file;
  }

  /** Starts it; resolves when all of these collectors have said what they cover. */
  static async start(
    args: readonly string[],
    collectors: readonly string[],
    { prefix = [], ...options }: StartOptions = {},
  ): Promise<Watch> {
    const directory = new TempDir();
    const path = `${directory.path}/records`;
    const file = await Deno.open(path, { create: true, write: true, read: true });
    const program = start(["watch", "--format", "ndjson", "--verbose", ...args], {
      ...options,
      prefix: [...prefix, "/bin/sh", "-c", `exec "$@" > ${path}`, "sh"],
    });
    const watch = new Watch(program, directory, file);
    try {
      const names = collectors.map((name) => `"name":"${name}","usable":true`);
      const covers = (line: string) =>
        line.includes('"coverage"') && names.every((name) => line.includes(name));
      await eventually(() => {
        watch.records();
        return watch.reports.some(covers) || undefined;
      }, `coverage of ${collectors}`);
      return watch;
    } catch (error) {
      const said = program.stderr.text;
      await watch[Symbol.asyncDispose]();
      throw new Error(said, { cause: error });
    }
  }

  /** The records of connections up to now. */
  records(): readonly WatchRecord[] {
    const buffer = new Uint8Array(1 << 20);
    for (;;) {
      const length = this.#file.readSync(buffer);
      if (length === null) return this.#records;
      const lines =
        (this.#rest + this.#decoder.decode(buffer.subarray(0, length), { stream: true }))
          .split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) {
        const record: WatchRecord = JSON.parse(line);
        if (record.connscribe.event === undefined) this.reports.push(line);
        else this.#records.push(record);
      }
    }
  }

  /** Ends it as a user would, and returns where its records went. */
  async end(): Promise<RunAccount> {
    this.program.signal("SIGTERM");
    const { code, stderr } = await this.program.ended();
    assertEquals(code, 0, stderr);
    const account = runAccount(stderr);
    assertEquals(account.emitted, this.records().length);
    assertEquals(instancesOf(this.program.pid), []);
    return account;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    this.#file.close();
    await this.#directory[Symbol.asyncDispose]();
  }
}

/** Where the records of a run went. */
export interface RunAccount {
  readonly read: number;
  readonly emitted: number;
  readonly folded: number;
  readonly dropped: number;
  readonly overrun: number;
}

/** Reads the account that `--verbose` gives at the end, and asserts that it adds up. */
export function runAccount(stderr: string): RunAccount {
  const [line = ""] = stderr.split("\n").filter((line) => line.includes(": read ")).slice(-1);
  const number = (name: string) => Number(new RegExp(`\\b${name} (\\d+)`).exec(line)?.[1] ?? 0);
  const [read = 0, emitted = 0, folded = 0, filtered = 0, dropped = 0, overrun = 0] = [
    "read",
    "emitted",
    "folded",
    "filtered",
    "dropped",
    "overrun",
  ].map(number);
  assert(read > 0, `no account of the records: ${stderr}`);
  assertEquals(read, emitted + folded + filtered + dropped, line);
  return { read, emitted, folded, dropped, overrun };
}

/** The instances of the kernel's trace that belong to a process. */
export function instancesOf(pid: number): string[] {
  return [...Deno.readDirSync(INSTANCES)].map(({ name }) => name)
    .filter((name) => name.startsWith(`connscribe-${pid}-`));
}

/** What an actor of `actors/many.py` says of its connections. */
export interface Made {
  readonly pid: number;
  readonly server: readonly [ip: string, port: number];
  readonly first: number;
  readonly count: number;
  readonly argv: readonly string[];
}

/** A process that has made connections, and stays. */
export class Maker implements AsyncDisposable {
  private constructor(readonly program: Program, readonly made: Made) {}

  /** Resolves when all connections were made and closed. */
  static async start(
    args: readonly string[],
    prefix: readonly string[] = [],
    actor = "many.py",
  ): Promise<Maker> {
    const argv = [PYTHON, "-I", `${ROOT}tests/actors/${actor}`, ...args];
    const program = new Program(argv, { prefix, stdin: true });
    try {
      const line = await program.line(() => true, "what was made", "stdout", 120_000);
      return new Maker(program, { ...JSON.parse(line), argv });
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}
