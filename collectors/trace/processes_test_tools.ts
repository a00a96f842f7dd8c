/** A host with processes for the tests of {@linkcode ProcessTable}. */
import { BOOT_TIME, type FakeProcess, FakeProcfs } from "../../tests/fake_procfs.ts";
import { ProcFs } from "../../lib/procfs/procfs.ts";
import { realSystem } from "../../lib/system.ts";
import { ProcessTable, type ProcessTableOptions } from "./processes.ts";
import { Readings } from "./readings.ts";

/** A host and its trace, told by hand. Times are seconds since the boot; a tick is 10 ms. */
export class ProcessHost {
  readonly #fake: FakeProcfs;
  readonly table: ProcessTable;
  readonly #readings: Readings;
  #now = 100;
  /** Files that were read. */
  reads = 0;

  constructor(readonly root: string, options: ProcessTableOptions = {}) {
    this.#fake = new FakeProcfs(root);
    const real = realSystem();
    const system = {
      ...real,
      now: () => (BOOT_TIME + this.#now) * 1e6,
      readFile: (path: string) => {
        this.reads++;
        return real.readFile(path);
      },
    };
    const procfs = new ProcFs(system, root);
    this.#readings = new Readings(procfs, system, "host");
    this.table = new ProcessTable(procfs, system, "host", options);
  }

  /** Makes a process, or makes it run something else. */
  runs(process: FakeProcess): void {
    this.ends(process.pid);
    this.#fake.addProcess({ ppid: 0, ...process });
  }

  /** Makes a thread of a process. */
  threads(pid: number, tid: number, startTicks: number): void {
    this.runs({ pid: tid, comm: "thread", startTicks });
    const ids = "0\t0\t0\t0";
    this.#fake.write(`${tid}/status`, `Name:\tx\nTgid:\t${pid}\nUid:\t${ids}\nGid:\t${ids}\n`);
  }

  ends(pid: number): void {
    try {
      Deno.removeSync(`${this.root}/${pid}`, { recursive: true });
    } catch {
      // It was not there.
    }
  }

  seed(): void {
    for (const _ of this.table.seed());
  }

  /** Reads a process that has executed something. */
  notice(pid: number, now: number): void {
    this.#now = now;
    const reading = this.#readings.read(pid);
    if (typeof reading !== "string") this.table.executed(pid, reading);
  }

  /** What is read from here on is read then. */
  at(now: number): void {
    this.#now = now;
  }

  #head(tid: number, seconds: number) {
    return { tid, time: (BOOT_TIME + seconds) * 1e6, boot: seconds * 1e6, interrupted: false };
  }

  fork(tid: number, child: number, seconds: number, comm = "sh", thread = false): void {
    this.table.apply({ ...this.#head(tid, seconds), type: "fork", child, thread, comm });
  }

  exec(pid: number, filename: string, seconds: number, oldPid = pid): void {
    this.table.apply({ ...this.#head(pid, seconds), type: "exec", pid, oldPid, filename });
  }

  exit(tid: number, seconds: number): void {
    this.table.apply({ ...this.#head(tid, seconds), type: "exit", comm: "x" });
  }

  /** The trace comes to that time. */
  reach(seconds: number): void {
    this.table.apply({ ...this.#head(0, seconds), type: "reset", socket: 0, sent: false });
  }

  /** Attribution, name, executable and arguments of a thread's process. */
  of(tid: number): (string | number)[] {
    const { attribution, process } = this.table.of(tid);
    if (process === undefined) return [attribution];
    const { pid, name, executable, commandLine = [] } = process;
    return [attribution, pid ?? "-", name ?? "-", executable ?? "-", ...commandLine];
  }
}
