/** Paths of executables. */

/** What the kernel appends to the path of an executable that has been removed (proc_pid_exe(5)). */
const DELETED = " (deleted)";

/** The path as it was before the executable was removed. */
export function livePath(path: string): string {
  return path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path;
}

/** What follows the last slash. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
