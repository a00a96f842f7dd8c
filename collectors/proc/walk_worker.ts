/**
 * A worker that walks the descriptors of all processes for the collector `proc`, while that reads the
 * socket tables on another core.
 */
import { DENIED_INODE, ProcFs } from "../../lib/procfs/procfs.ts";
import { realSystem } from "../../lib/system.ts";
import { workerScope } from "../../lib/worker/serve.ts";
import type { WalkChunk, WalkRequest } from "./parallel_walk.ts";

/** Processes of a chunk. */
const CHUNK = 24;

const scope = workerScope<WalkRequest, WalkChunk | null>();

function walk(procfs: ProcFs, pids: readonly number[]): WalkChunk {
  const sockets: number[] = [];
  let denied = 0;
  for (const pid of pids) {
    const names = procfs.fdNames(pid);
    if (names === "denied") denied++;
    if (typeof names === "string") continue;
    for (const fd of names) {
      const inode = procfs.socketInode(pid, fd);
      if (inode === DENIED_INODE) {
        denied++;
        break;
      }
      if (inode !== undefined) sockets.push(pid, Number(fd), inode);
    }
  }
  return { sockets: Float64Array.from(sockets), denied };
}

scope.onmessage = ({ data: { root, pids } }) => {
  const procfs = new ProcFs(realSystem(), root, () => {});
  for (let at = 0; at < pids.length; at += CHUNK) {
    scope.postMessage(walk(procfs, pids.slice(at, at + CHUNK)));
  }
  scope.postMessage(null);
  close();
};
