/** How much of a disk is free. */
import type { MinFree } from "./parse_rotation.ts";

/** What statfs(2) says of a file system. */
export interface DiskSpace {
  /** Bytes of a block. */
  readonly bsize: number;
  readonly blocks: number;
  /** Blocks that are free to those who are not root. */
  readonly bavail: number;
}

const KIB = 1024;

/** The numbers go through 32 bits with a sign. */
const MOST = 0x7fffffff;

/** How many KiB a disk lacks of what is to be left free; negative where it has more than that. */
export function lackingOf({ bsize, blocks, bavail }: DiskSpace, minFree: MinFree): number {
  const wanted = "part" in minFree ? blocks * bsize * minFree.part : minFree.bytes;
  const lacking = Math.ceil((wanted - bavail * bsize) / KIB);
  return Math.max(-MOST, Math.min(lacking, MOST));
}

/** What looks how many KiB the disk of a directory lacks. It throws when the directory cannot be looked at. */
export async function lackingKib(directory: string, minFree: MinFree): Promise<() => number> {
  // Deno itself has no statfs.
  const { statfsSync } = await import("node:fs");
  return () => lackingOf(statfsSync(directory), minFree);
}
