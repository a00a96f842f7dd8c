/** Keeps a run from writing over what it reads, however that is spelled. */
import { parseSegmentName } from "../sinks/segment_name.ts";

/** What a file goes by: its path, and where it is a regular file that exists, its inode. */
export function namesOf(path: string): string[] {
  try {
    const { isFile, dev, ino } = Deno.statSync(path);
    return isFile && ino !== null ? [path, `inode ${dev} ${ino}`] : [path];
  } catch {
    return [path];
  }
}

/** Whether a path is one of the segments of a directory: the oldest may be removed as another is begun. */
export function isSegmentIn(directory: string): (path: string) => boolean {
  const place = placeOf(directory);
  return (path) => {
    const [above, name] = split(path);
    return parseSegmentName(name) !== undefined && placeOf(above) === place;
  };
}

/** Whether a path is one of the files that a log was renamed to: each gets another name with the next one. */
export function isRotatedFrom(log: string): (path: string) => boolean {
  const [above, base] = split(log);
  const place = placeOf(above);
  return (path) => {
    const [directory, name] = split(path);
    return name.startsWith(`${base}.`) && /^\d/.test(name.slice(base.length + 1)) &&
      placeOf(directory) === place;
  };
}

function split(path: string): [directory: string, name: string] {
  const slash = path.lastIndexOf("/");
  return [slash < 0 ? "." : path.slice(0, slash) || "/", path.slice(slash + 1)];
}

/** What tells a directory from others; its path where that is not known. */
function placeOf(directory: string): string {
  try {
    return Deno.realPathSync(directory);
  } catch {
    return directory;
  }
}
