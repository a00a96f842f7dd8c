/** What a look at /proc can see and what it cannot, in words. */
import type { ProbeResult } from "../../lib/collector.ts";
import type { UnreadableNamespace } from "./namespaces.ts";
import { counted } from "../../lib/counted.ts";

/** What whoever does not see all is to do. */
export const TO_SEE_ALL = "run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH";

/** What was found. */
export interface ProcFindings {
  /** How many network namespaces can be read. */
  readonly readable: number;
  readonly unreadable: readonly UnreadableNamespace[];
  /** How many processes may not be looked into. */
  readonly denied: number;
  /** All processes that are seen. */
  readonly pids: readonly number[];
  /** Whether no mount option hides processes from this program. */
  readonly mayTrace: boolean;
  /** Whether the start of the host is known. */
  readonly knowsBoot: boolean;
  /** Whether the program runs as root. */
  readonly root: boolean;
}

/** Says what these findings mean where at least one namespace can be read. */
export function coverageOf(findings: ProcFindings): ProbeResult {
  const { readable, unreadable, denied, pids, mayTrace, knowsBoot, root } = findings;
  const misses = ["connections that begin and end between two looks", "bytes and packets"];
  const remedies: string[] = [];
  if (denied > 0) {
    misses.push(`which sockets ${counted(denied, "process holds", "processes hold")}`);
  }
  if (hidesProcesses(pids, mayTrace)) {
    misses.push("the processes of other users: the proc file system hides them (hidepid)");
  }
  if (!knowsBoot) {
    misses.push("who any process is: the start of the host cannot be read (subset=pid)");
    remedies.push("mount the proc file system without subset=pid");
  }
  if (misses.length > 2 && !root) {
    remedies.push(TO_SEE_ALL);
  }
  for (const { path, reason } of unreadable) {
    misses.push(`the network namespace at "${path}": ${reason}`);
  }
  if (unreadable.length > 0) remedies.push("install nsenter (util-linux), and run as root");
  const reason = `reads the sockets of ${counted(readable, "network namespace")}`;
  return { usable: true, reason, misses, remedies };
}

/**
 * Whether the proc file system hides processes (`hidepid` of proc(5)). Where it does not, process 1 is there;
 * but a security module may hide that alone from whoever may see all others.
 */
export function hidesProcesses(pids: readonly number[], mayTrace: boolean): boolean {
  return pids.length > 0 && !pids.includes(1) && !mayTrace;
}
