/** The walk over the descriptors of all processes, on another core. */

/** What the worker is asked. */
export interface WalkRequest {
  /** Where the proc file system is mounted. */
  readonly root: string;
  readonly pids: readonly number[];
}

/** What it found in some processes. */
export interface WalkChunk {
  /** Three numbers for each socket: process, descriptor, inode. */
  readonly sockets: Float64Array;
  /** Processes that may not be looked into. */
  readonly denied: number;
}

/** Starts the walk at once, and yields what it has found. Ends the worker when it is left. */
export function startWalk(request: WalkRequest): AsyncGenerator<WalkChunk> {
  const worker = new Worker(new URL("./walk_worker.ts", import.meta.url), {
    type: "module",
    name: "walk",
  });
  const inbox: (WalkChunk | null | Error)[] = [];
  let wake = () => {};
  const receive = (message: WalkChunk | null | Error) => {
    inbox.push(message);
    wake();
  };
  worker.onmessage = ({ data }: MessageEvent<WalkChunk | null>) => receive(data);
  worker.onerror = (event) => {
    event.preventDefault();
    receive(new Error(event.message));
  };
  worker.postMessage(request);
  return chunks();

  async function* chunks(): AsyncGenerator<WalkChunk> {
    try {
      while (true) {
        const message = inbox.shift();
        if (message === null) return;
        if (message instanceof Error) throw message;
        if (message === undefined) await new Promise<void>((resolve) => wake = resolve);
        else yield message;
      }
    } finally {
      //worker.terminate();
    }
  }
}
