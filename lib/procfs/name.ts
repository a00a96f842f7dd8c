/** The name of a process. */
import type { CommandLine } from "./cmdline.ts";
import type { ProcessStat } from "./stat.ts";

/** The kernel keeps 15 bytes of a name (TASK_COMM_LEN, with its final NUL). */
const CUT_AT = 15;

function upToBlank(text: string): string {
  const blank = text.indexOf(" ");
  return blank < 0 ? text : text.slice(0, blank);
}

/** The first argument as psutil finds it: what was written over is split at blanks. */
function firstArgument({ argv, cut, terminated }: CommandLine): string {
  if (!terminated) return upToBlank(argv.join("\0"));
  const [first = ""] = argv;
  return argv.length === 1 && !cut ? upToBlank(first) : first;
}

/**
 * `comm`, or the base name of the first argument where that begins with a `comm` which may be cut: the
 * rule of psutil's `Process.name()`, but counted in bytes, as the kernel counts.
 */
export function processName(
  { comm, commBytes }: Pick<ProcessStat, "comm" | "commBytes">,
  commandLine: CommandLine,
): string {
  if (commBytes < CUT_AT) return comm;
  const argument = firstArgument(commandLine);
  const base = argument.slice(argument.lastIndexOf("/") + 1);
  // The cut may have been within a character.
  return base.startsWith(comm.replace(/\ufffd$/, "")) ? base : comm;
}
