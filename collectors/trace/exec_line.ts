/** Process ids out of the lines of `sched:sched_process_exec` as `trace_pipe` has them. */

const EQUALS = 61;

const encoder = new TextEncoder();
const OLD_PID = encoder.encode(" old_pid");
const PID = encoder.encode(" pid");

/** The type pid_t is an int. */
const MAX_PID = 0x7fffffff;

/** Where the decimal digits that end before `end` begin; `end` where there are none. */
function digitsBefore(bytes: Uint8Array, end: number): number {
  let start = end;
  while (start > 0 && (bytes[start - 1] ?? 0) >= 48 && (bytes[start - 1] ?? 0) <= 57) start--;
  return start;
}

/** Where `label=DIGITS` begins that ends before `end`; -1 where something else does. */
function fieldBefore(bytes: Uint8Array, end: number, label: Uint8Array): number {
  const digits = digitsBefore(bytes, end);
  const start = digits - 1 - label.length;
  if (digits === end || start < 0 || bytes[digits - 1] !== EQUALS) return -1;
  for (let i = 0; i < label.length; i++) if (bytes[start + i] !== label[i]) return -1;
  return start;
}

/**
 * The process id in a line that ends before `end`, as `... filename=/bin/ls pid=12 old_pid=12`; 0 where it
 * is another line. It is read from its end: before that there is a file name, which may say anything.
 */
export function execPid(bytes: Uint8Array, end: number): number {
  const pidEnd = fieldBefore(bytes, end, OLD_PID);
  if (pidEnd < 0) return 0;
  const start = fieldBefore(bytes, pidEnd, PID);
  if (start < 0) return 0;
  let pid = 0;
  for (let at = start + PID.length + 1; at < pidEnd; at++) pid = pid * 10 + (bytes[at] ?? 0) - 48;
  return pid >= 1 && pid <= MAX_PID ? pid : 0;
}
