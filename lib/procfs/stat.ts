/** /proc/PID/stat (proc_pid_stat(5)). */
import { textOf } from "./text.ts";

/** What is read of it. */
export interface ProcessStat {
  readonly pid: number;
  /** Name that the kernel keeps, at most 15 bytes of a user process; any bytes but NUL. */
  readonly comm: string;
  /** Length of {@linkcode comm} in bytes: the text may be shorter or longer. */
  readonly commBytes: number;
  /** One letter: `R`, `S`, `D`, `Z`, ... */
  readonly state: string;
  /** 0 where the parent is outside the pid namespace, or there is none. */
  readonly ppid: number;
  /** Start time in clock ticks since boot. */
  readonly startTicks: number;
  /**
   * Where the arguments of the program lie in memory: another place, nearly always, after every execve(2).
   * 0 where the reader may not know, or the kernel does not tell (before Linux 3.5).
   */
  readonly argStart: number;
}

/** The type pid_t is an int. */
const MAX_PID = 0x7fffffff;

const BLANK = 32;
const OPENING = 40;
const CLOSING = 41;

/** Numbers after the state: the first is `ppid` (field 4), the 19th `starttime`, the 45th `arg_start`. */
const START_TIME = 19;
const ARG_START = 45;

/** The 1-based n-th of the numbers that blanks precede and follow, from `at` on; -1 if it is none. */
function numberAt(bytes: Uint8Array, at: number, n: number): number {
  let left = n;
  for (let i = at; i < bytes.length; i++) {
    if (bytes[i] === BLANK && --left === 0) return decimal(bytes, i + 1);
  }
  return -1;
}

/** The number from `start` up to the next blank; -1 if anything else is in between. */
function decimal(bytes: Uint8Array, start: number): number {
  let number = 0;
  for (let at = start; at < bytes.length; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return bytes[at] === BLANK && at > start ? number : -1;
    number = number * 10 + digit;
  }
  return -1;
}

/**
 * Parses the whole file; undefined when it is malformed. The name may hold blanks, parentheses and
 * newlines, and whole fields that look real: what follows the *last* closing parenthesis is numbers.
 */
export function parseStat(bytes: Uint8Array): ProcessStat | undefined {
  const open = bytes.indexOf(OPENING);
  const close = bytes.lastIndexOf(CLOSING);
  if (open < 2 || close < open) return undefined;
  const pid = decimal(bytes, 0);
  const state = String.fromCharCode(bytes[close + 2] ?? 0);
  const ppid = numberAt(bytes, close + 3, 1);
  const startTicks = numberAt(bytes, close + 3, START_TIME);
  const framed = bytes.indexOf(BLANK) === open - 1 && bytes[close + 1] === BLANK &&
    bytes[close + 3] === BLANK;
  if (!framed || !/^[A-Za-z]$/.test(state)) return undefined;
  if (pid < 1 || pid > MAX_PID || ppid < 0 || ppid > MAX_PID) return undefined;
  if (startTicks < 0 || startTicks > Number.MAX_SAFE_INTEGER) return undefined;
  const comm = bytes.subarray(open + 1, close);
  const argStart = Math.max(0, numberAt(bytes, close + 3, ARG_START));
  return { pid, comm: textOf(comm), commBytes: comm.length, state, ppid, startTicks, argStart };
}
