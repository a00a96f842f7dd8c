/** What who reads logs has to be permitted. */

/** With more paths than this, what is above them is permitted. */
const MAX_PATHS = 64;

/** Leads to what is above, so what is above it is not the path without it. */
const UPWARDS = /(?:^|\/)\.\.?$/;

/**
 * The logs alone, or where there are many, the directories that they stand in, or that those stand in; never
 * the root. Deno compares each file that is opened with all paths that are permitted.
 */
export function readPermission(logs: Iterable<string>): string[] {
  let paths = new Set(logs);
  paths.delete("-");
  while (paths.size > MAX_PATHS) {
    const above = new Set([...paths].map(directoryOf));
    if (isSame(above, paths)) break;
    paths = above;
  }
  return [...paths];
}

/** Itself where there is nothing above it but the root, or that cannot be told. */
function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash === 0 || UPWARDS.test(path)) return path;
  return slash < 0 ? "." : path.slice(0, slash).replace(/\/+$/, "") || path;
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}
