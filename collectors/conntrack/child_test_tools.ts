/** Fake programs for the tests of what runs a child: shell scripts in a directory of their own. */
import { assertEquals } from "@std/assert";
import { EXIT, ExitError } from "../../lib/exit.ts";
import { type Child, realSystem, type System } from "../../lib/system.ts";
import { ConntrackChild, type ConntrackChildOptions } from "./child.ts";

const REAL = realSystem();

/** How long a test may take before its children are killed and it fails, milliseconds. */
const TIME_LIMIT = 60_000;

/** How many times faster the time of these tests goes. */
const HASTE = 4;

/** Lines of the kind that `conntrack -E` prints, one for each source port. */
export function newLine(port: number): string {
  return "    [NEW] udp      17 30 src=10.0.0.1 dst=10.0.0.2 " +
    `sport=${port} dport=53 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=53 dport=${port} id=${port}`;
}

/** A line of the kind that `conntrack -L` prints. */
export function listLine(port: number, [src, dst] = ["10.0.0.1", "10.0.0.2"]): string {
  return `udp      17 29 src=${src} dst=${dst} sport=${port} dport=53 [UNREPLIED] ` +
    `src=${dst} dst=${src} sport=53 dport=${port} mark=0 use=1 id=${port}`;
}

/** Fake programs, and all that has been started of them. */
export class FakePrograms implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "connscribe-test-" });
  readonly children: Child[] = [];
  /** What was waited for, milliseconds, besides the time that a child is given to end. */
  readonly waits: number[] = [];
  readonly reports: string[] = [];
  #overdue = false;
  readonly #timer = setTimeout(() => {
    this.#overdue = true;
    for (const child of this.children) child.kill("SIGKILL");
  }, TIME_LIMIT);
  readonly system: Pick<System, "spawn" | "sleep" | "now" | "run"> = {
    ...REAL,
    spawn: (program, args, env) => {
      if (this.#overdue) throw new ExitError(EXIT.software, "the test has taken too long");
      const child = REAL.spawn(program, args, env);
      this.children.push(child);
      return child;
    },
    sleep: (ms, signal) => {
      this.waits.push(ms);
      return REAL.sleep(ms / HASTE, signal);
    },
  };

  /** Writes a shell script and returns its path. */
  script(body: string, name = "conntrack"): string {
    const path = `${this.path}/${name}`;
    Deno.writeTextFileSync(path, `#!/bin/sh\n${body}\n`);
    Deno.chmodSync(path, 0o755);
    return path;
  }

  /** A transport over a script. */
  transport(body: string, options: Partial<ConntrackChildOptions> = {}): ConntrackChild {
    return new ConntrackChild({
      system: this.system,
      programs: [this.script(body)],
      updates: false,
      report: (level, message) => {
        if (level !== "debug") this.reports.push(message);
      },
      files: { netlinkTable: () => undefined, socketInodes: () => [] },
      ...options,
    });
  }

  /** What the script has written to a file beside it. */
  written(name: string): string {
    return Deno.readTextFileSync(`${this.path}/${name}`);
  }

  /** Asserts that every child has ended and has been waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    assertEquals(this.#overdue, false, "the test has taken too long");
    Deno.removeSync(this.path, { recursive: true });
    const running = Symbol("running");
    for (const { status, pid } of this.children) {
      const first = await Promise.race([status, Promise.resolve(running)]);
      assertEquals(first === running, false, `process ${pid} is an orphan`);
    }
  }
}

/** Source ports of the events, until `enough` have come; then it aborts and reads to the end. */
export async function ports(transport: ConntrackChild, enough: number): Promise<number[]> {
  const stop = new AbortController();
  const found: number[] = [];
  for await (const batch of transport.events(stop.signal)) {
    for (const event of batch) found.push(event.original.sport ?? -1);
    if (found.length >= enough) stop.abort();
  }
  return found;
}
