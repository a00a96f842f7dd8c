/** Starts and ends the load of a benchmark: sockets held open by processes of its own. */

/** A running load. `await using` ends it. */
export interface Load extends AsyncDisposable {
  /** Process id of the load's parent. */
  readonly pid: number;
}

/**
 * Holds `sockets` TCP sockets in `processes` processes.
 *
 * @throws Error when the load could not be built, for example over the limit of open files.
 */
export async function startLoad(sockets: number, processes: number): Promise<Load> {
  const script = new URL("./load.py", import.meta.url).pathname;
  const child = new Deno.Command("/usr/bin/python3", {
    args: [script, String(sockets), String(processes)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  if (!new TextDecoder().decode(value).startsWith("ready")) {
    throw new Error(`The load of ${sockets} sockets did not start`);
  }
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      await child.stdin.close();
      await child.status;
      await reader.cancel();
    },
  };
}

/** Median of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
