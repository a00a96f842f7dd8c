/** Gives a thread a CPU at once, however busy the host is. */
import type { System } from "./system.ts";

/** Where chrt (util-linux) is looked for; absolute, so PATH is not trusted. */
export const CHRT_PATHS = ["/usr/bin/chrt", "/bin/chrt"] as const;

/**
 * Makes a thread run before all that is not of real time (SCHED_FIFO 1, sched(7)). For one that sleeps
 * nearly always. Never rejects.
 *
 * @param thread Its id; of a process, that of its first thread.
 * @returns Whether it is so: it needs root or CAP_SYS_NICE, and chrt.
 */
export async function makeRealTime(system: Pick<System, "run">, thread: number): Promise<boolean> {
  for (const program of CHRT_PATHS) {
    try {
      const { code } = await system.run(program, ["--fifo", "--pid", "1", `${thread}`]);
      if (code === 0) return true;
    } catch {
      // It is not there, or not permitted.
    }
  }
  return false;
}
