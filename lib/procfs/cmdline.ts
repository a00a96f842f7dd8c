/** /proc/PID/cmdline (proc_pid_cmdline(5)). */
import { textOf } from "./text.ts";

/** How much of a command line is kept, in bytes. */
export const COMMAND_LINE_LIMIT = 4096;

/** A command line. */
export interface CommandLine {
  /**
   * The arguments, empty ones too; none for kernel threads and zombies. A process that has written a
   * title over them without any NUL has one argument.
   */
  readonly argv: readonly string[];
  /** Full length in bytes, final NUL included. */
  readonly totalBytes: number;
  /** Whether {@linkcode argv} lacks what is beyond {@linkcode COMMAND_LINE_LIMIT}. */
  readonly cut: boolean;
  /** Whether the file ends in NUL, as `execve` leaves it. */
  readonly terminated: boolean;
}

/** Splits a command line. Only as much as is kept is decoded, however long it is. */
export function parseCommandLine(bytes: Uint8Array): CommandLine {
  const totalBytes = bytes.length;
  const terminated = bytes[totalBytes - 1] === 0;
  const length = terminated ? totalBytes - 1 : totalBytes;
  const cut = length > COMMAND_LINE_LIMIT;
  let end = cut ? COMMAND_LINE_LIMIT : length;
  // A character of UTF-8 is not cut in two: its bytes after the first are 10xxxxxx.
  for (let i = 0; cut && i < 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80; i++) end--;
  const argv = totalBytes === 0 ? [] : textOf(bytes.subarray(0, end)).split("\0");
  return { argv, totalBytes, cut, terminated };
}
