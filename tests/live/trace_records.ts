/** Records of `watch` as the live tests of the trace read them. */
import { assert, assertEquals } from "@std/assert";
import { PYTHON, ROOT } from "../program.ts";
import { Program, start, type StartOptions } from "../program.ts";

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
  readonly network: { readonly transport: string };
  readonly process?: {
    readonly pid: number;
    readonly entity_id: string;
    readonly executable?: string;
    readonly args?: readonly string[];
  };
  readonly connscribe: {
    readonly event?: string;
    readonly collector: string;
    readonly initiator?: string;
    readonly outcome: string;
    readonly preexisting?: boolean;
    readonly connection: { readonly id: string };
  };
}

/** A running `watch`, whose records are read as they come. */
export class Watch implements AsyncDisposable {
  readonly #records: WatchRecord[] = [];
  #seen = 0;

  private constructor(readonly program: Program) {}

  /** Starts it; resolves when all of these collectors have said what they cover. */
  static async start(
    args: readonly string[],
    collectors: readonly string[],
    options: StartOptions = {},
  ): Promise<Watch> {
    const program = start(["watch", "--format", "ndjson", "--verbose", ...args], options);
    try {
      const names = collectors.map((name) => `"name":"${name}","usable":true`);
      await program.line(
        (line) => line.includes('"coverage"') && names.every((name) => line.includes(name)),
        `coverage of ${collectors}`,
      );
      return new Watch(program);
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The records of connections up to now. */
  records(): readonly WatchRecord[] {
    const lines = this.program.stdout.lines();
    for (; this.#seen < lines.length; this.#seen++) {
      const record: WatchRecord = JSON.parse(lines[this.#seen] ?? "");
      if (record.connscribe.event !== undefined) this.#records.push(record);
    }
    return this.#records;
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
