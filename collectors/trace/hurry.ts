/** How a thread gets a CPU at once, however busy the host is. */
import { setPriority } from "node:os";
import { makeRealTime } from "../../lib/real_time.ts";
import type { System } from "../../lib/system.ts";

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
  system: Pick<System, "readFile" | "run">,
  prioritize: (thread: number, priority: number) => void = setPriority,
): Promise<void> {
  const thread = ownThread(system);
  if (thread !== undefined && await makeRealTime(system, thread)) return;
  try {
    prioritize(0, HIGHEST);
  } catch {
    // Not permitted: it goes on as it is.
  }
}

/**
 * Id of the calling thread in its own pid namespace, where chrt looks for it: the last one of `NSpid`. The
 * proc file system may be of a namespace above, which has another one (proc_pid_status(5)).
 */
function ownThread(system: Pick<System, "readFile">): number | undefined {
  try {
    const status = new TextDecoder().decode(system.readFile("/proc/thread-self/status"));
    const id = /^NSpid:(?:\s+\d+)*\s+(\d+)$/m.exec(status)?.[1];
    return id === undefined ? undefined : Number(id);
  } catch {
    return undefined;
  }
}
