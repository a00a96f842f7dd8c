/** /proc/PID/status (proc_pid_status(5)). */
import { textOf, unsigned } from "./text.ts";

/** What is read of it. */
export interface ProcessStatus {
  /** Thread group id: the process that a thread belongs to. */
  readonly tgid: number;
  /** Effective user id. */
  readonly uid: number;
  /** Effective group id. */
  readonly gid: number;
  /** Process id in each pid namespace, from that of the proc file system inwards; empty before Linux 4.1. */
  readonly nsPids: readonly number[];
}

/** The words of a line; the kernel escapes newlines in the only field that a process can choose. */
function field(text: string, name: string): (number | undefined)[] {
  const start = text.indexOf(`\n${name}:\t`);
  const end = text.indexOf("\n", start + 1);
  if (start < 0 || end < 0) return [];
  return text.slice(start + name.length + 3, end).split("\t").map(unsigned);
}

/** Parses the file; undefined when it is malformed. */
export function parseStatus(bytes: Uint8Array): ProcessStatus | undefined {
  const text = textOf(bytes);
  const [tgid] = field(text, "Tgid");
  const [, uid] = field(text, "Uid");
  const [, gid] = field(text, "Gid");
  if (tgid === undefined || uid === undefined || gid === undefined) return undefined;
  const nsPids = field(text, "NSpid").filter((pid) => pid !== undefined);
  return { tgid, uid, gid, nsPids };
}
