/**
 * A load that is under control: connscribe with a stand-in for conntrack, which tells of so many flows
 * at such a rate. Of each there must be two records, that it began and that it ended.
 */
import { assertEquals } from "@std/assert";
import { NetworkNamespace } from "../netns.ts";
import {
  eventually,
  type Program,
  PYTHON,
  ROOT,
  sleep,
  start,
  type StartOptions,
  TempDir,
} from "../program.ts";
import { missing } from "../skip.ts";

function reasonToSkip(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  return Deno.uid() === 0 ? missing([PYTHON, "/usr/bin/nsenter"]) : "needs root";
}

/** Why {@linkcode MadeFlows} cannot be used here, if so. */
export const REASON_TO_SKIP = reasonToSkip();

/** What is told of. */
export interface Load {
  readonly flows: number;
  /** Flows a second. */
  readonly rate: number;
  /** Variables of whoever tells of them. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How long connscribe has to say how it goes, milliseconds. */
const ASK_MS = 300;

/** Records that there are of a flow. */
export const RECORDS_A_FLOW = 2;

/** A place where connscribe is told of flows that do not exist. The real ones of the host do not reach it. */
export class MadeFlows implements AsyncDisposable {
  readonly load: Load;
  readonly #namespace: NetworkNamespace;
  readonly #temporary = new TempDir();
  readonly #program: string;
  readonly #done: string;
  /** A directory of the test's own, which is empty. */
  readonly log: string;

  private constructor(namespace: NetworkNamespace, load: Load) {
    this.#namespace = namespace;
    this.load = load;
    this.log = `${this.directory}/log`;
    this.#program = `${this.directory}/conntrack`;
    this.#done = `${this.directory}/done`;
    const words = [PYTHON, "-I", `${ROOT}tests/actors/conntrack.py`, load.flows, load.rate];
    const env = Object.entries(load.env ?? {}).map(([name, value]) =>
      `export ${name}='${value}'\n`
    );
    const text = `#!/bin/sh\n${env.join("")}exec ${words.join(" ")} ${this.#done} "$@"\n`;
    Deno.mkdirSync(this.log);
    Deno.writeTextFileSync(this.#program, text, { mode: 0o755 });
  }

  /** Where {@linkcode log} and other files of the test are. */
  get directory(): string {
    return this.#temporary.path;
  }

  static async prepare(load: Load): Promise<MadeFlows> {
    return new MadeFlows(await NetworkNamespace.create(), load);
  }

  /** Starts `watch`. What is told of begins anew unless all was told before. */
  watch(args: readonly string[], options: StartOptions = {}): Program {
    const source = ["--from", "conntrack", "--conntrack", this.#program];
    const words = ["watch", ...source, "--format", "ndjson", "--verbose", ...args];
    const prefix = [...this.#namespace.prefix, ...options.prefix ?? []];
    return start(words, { ...options, prefix });
  }

  /** Resolves when all flows have been told of; they may not have been written yet. */
  async told(ms = 60_000): Promise<void> {
    await eventually(
      () => Deno.stat(this.#done).then(() => true, () => undefined),
      "not all flows are told of",
      ms,
    );
  }

  /** Waits until all is told of and read, and ends the program as a user does. */
  async end(program: Program, ms = 60_000): Promise<{ code: number; stderr: string }> {
    await this.told(ms);
    const total = this.load.flows * RECORDS_A_FLOW;
    await eventually(
      async () => {
        const seen = program.stderr.text.length;
        program.signal("SIGUSR2");
        await sleep(ASK_MS);
        const [, read] = /read (\d+), emitted/.exec(program.stderr.text.slice(seen)) ?? [];
        return Number(read) >= total || undefined;
      },
      "not all that was told of is read",
      ms,
    );
    program.signal("SIGTERM");
    const { code, stderr } = await program.ended(ms);
    return { code, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#namespace[Symbol.asyncDispose]();
    await this.#temporary[Symbol.asyncDispose]();
  }
}

/** What is looked at of a record of a flow. */
interface FlowLine {
  readonly event: { readonly id: string; readonly dataset: string };
  readonly destination?: { readonly ip: string };
  readonly connscribe: { readonly event: string };
}

/** Records of flows, and what there is besides. */
export interface Found {
  /** How often there is a record, by the number of the flow and the event: `17 open`. */
  readonly records: ReadonlyMap<string, number>;
  readonly ids: ReadonlySet<string>;
  /** Records about the run itself. */
  readonly reports: number;
}

/** Reads records back. Throws where a line is none. */
export function findRecords(lines: Iterable<string>): Found {
  const records = new Map<string, number>();
  const ids = new Set<string>();
  let reports = 0;
  for (const line of lines) {
    const { event, destination, connscribe }: FlowLine = JSON.parse(line);
    if (event.dataset !== "connscribe.connection") {
      reports++;
      continue;
    }
    const bytes = (destination?.ip ?? "").split(".").map(Number);
    const number = bytes.slice(1).reduce((sum, byte) => sum * 256 + byte, 0);
    const key = `${number} ${connscribe.event}`;
    records.set(key, (records.get(key) ?? 0) + 1);
    ids.add(event.id);
  }
  return { records, ids, reports };
}

/** Asserts that each record is there once: nothing is lost, nothing is there twice. */
export function assertEachOnce({ records, ids }: Found, { flows }: Load): void {
  let lost = 0;
  for (let i = 0; i < flows; i++) {
    for (const event of ["open", "close"]) if (!records.has(`${i} ${event}`)) lost++;
  }
  let twice = 0;
  for (const count of records.values()) if (count > 1) twice++;
  assertEquals({ lost, twice, ids: ids.size, records: records.size }, {
    lost: 0,
    twice: 0,
    ids: flows * RECORDS_A_FLOW,
    records: flows * RECORDS_A_FLOW,
  });
}

/** Lines of a file. Throws where the last one is not whole. */
export function linesOf(path: string): string[] {
  const lines = Deno.readTextFileSync(path).split("\n");
  assertEquals(lines.pop(), "", `${path} does not end in a line feed`);
  return lines;
}

/** Names of the files of a directory, in their order. */
export function namesIn(directory: string, name = /./): string[] {
  return [...Deno.readDirSync(directory)].filter((entry) => entry.isFile && name.test(entry.name))
    .map((entry) => entry.name).sort();
}

/** Lines of all files of a directory whose names match, in the order of the names. */
export function linesIn(directory: string, name: RegExp): string[] {
  return namesIn(directory, name).flatMap((file) => linesOf(`${directory}/${file}`));
}
