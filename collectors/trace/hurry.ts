/** How a thread gets a CPU at once, however busy the host is. */
import { setPriority } from "node:os";
import type { System } from "../../lib/system.ts";

/** Where chrt (util-linux) is looked for; absolute, so PATH is not trusted. */
export const CHRT_PATHS = ["/usr/bin/chrt", "/bin/chrt"] as const;

/** The highest priority of setpriority(2). On Linux it is of a thread, and 0 is the one that calls. */
const HIGHEST = -20;

/**
 * Makes the calling thread run before all that is not of real time (SCHED_FIFO 1, sched(7)); where that is
 * not permitted, before most. For a thread that sleeps nearly always: on a busy host it is the difference
 * between reading two of three processes that live for a millisecond, and all. Never rejects.
 *
 * @param prioritize setpriority(2) for a thread.
 */
export async function hurry(
  system: Pick<System, "readLink" | "run">,
  prioritize: (thread: number, priority: number) => void = setPriority,
): Promise<void> {
  for (const program of CHRT_PATHS) {
    try {
      const thread = system.readLink("/proc/thread-self").split("/").at(-1) ?? "";
      const { code } = await system.run(program, ["--fifo", "--pid", "1", thread]);
      if (code === 0) return;
    } catch {
      // It is not there, or not permitted.
    }
  }
  try {
    prioritize(0, HIGHEST);
  } catch {
    // Not permitted: it goes on as it is.
  }
}
