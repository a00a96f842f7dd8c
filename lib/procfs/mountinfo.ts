/**
 * Network namespaces that are mounted somewhere, from /proc/PID/mountinfo (proc_pid_mountinfo(5)):
 *
 *     609 25 0:4 net:[4026532246] /run/netns/blue rw shared:5 - nsfs nsfs rw
 */
import { bracketed, textOf } from "./text.ts";

/** A mounted network namespace. */
export interface NamespaceMount {
  /** Inode number of the namespace. */
  readonly inode: number;
  /** Where it is mounted. */
  readonly path: string;
}

/** The kernel escapes blanks, tabs, newlines, `#` and backslashes as three octal digits. */
function unescaped(path: string): string {
  return path.replace(
    /\\([01][0-7]{2})/g,
    (_, octal: string) => String.fromCharCode(parseInt(octal, 8)),
  );
}

/**
 * The mounted network namespaces, in the order of the file; one may be mounted several times. Lines that
 * are malformed are passed over.
 */
export function parseMountinfo(bytes: Uint8Array): NamespaceMount[] {
  const mounts: NamespaceMount[] = [];
  for (const line of textOf(bytes).split("\n")) {
    if (!line.includes(" net:[")) continue;
    const fields = line.split(" ");
    const [, , , root = "", path = ""] = fields;
    const inode = bracketed(root, "net:[");
    // After optional fields, a dash and the type of the file system.
    const type = fields[fields.indexOf("-", 6) + 1];
    if (inode === undefined || !path.startsWith("/") || type !== "nsfs") continue;
    mounts.push({ inode, path: unescaped(path) });
  }
  return mounts;
}
