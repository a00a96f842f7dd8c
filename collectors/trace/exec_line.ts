/** Process ids and times out of the lines of `sched:sched_process_exec` as `trace_pipe` has them. */

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

const EVENT = encoder.encode(": sched_process_exec: ");
const DOT = 46;

/** Where the first occurrence of the part begins; -1 where there is none. */
export function indexOfBytes(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = bytes.indexOf(part[0] ?? 0); at >= 0; at = bytes.indexOf(part[0] ?? 0, at + 1)) {
    let length = 1;
    while (length < part.length && bytes[at + length] === part[length]) length++;
    if (length === part.length) return at;
  }
  return -1;
}

/**
 * The time of a line, microseconds of the instance's clock: `<...>-12 [000] .....  2202.453338: sched_...`.
 * NaN where there is none. The name of a thread comes before it, but is too short to imitate the event.
 */
export function execTime(line: Uint8Array): number {
  const end = indexOfBytes(line, EVENT);
  if (end < 0) return NaN;
  let factor = 1;
  let time = 0;
  let dots = 0;
  let digits = 0;
  for (let at = end - 1; at >= 0; at--) {
    const byte = line[at] ?? 0;
    if (byte === DOT && dots === 0 && digits === 6) {
      dots++;
      continue;
    }
    if (byte < 48 || byte > 57) break;
    time += (byte - 48) * factor;
    factor *= 10;
    digits++;
  }
  return dots === 1 && digits > 6 ? time : NaN;
}
