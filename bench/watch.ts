// deno-lint-ignore-file no-console -- a benchmark prints its result
/** What watching costs: CPU and memory of `watch` at the default interval with 1,000 sockets. */
import { startLoad } from "./load.ts";
import { cpuSeconds, residentMegabytes, sleep } from "./process.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const SECONDS = 60;

/** Prints the share of one core and the resident memory, after start-up, over a minute. */
export async function benchWatch(): Promise<void> {
  await using _load = await startLoad(1000, 300);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "-A",
      MAIN,
      "watch",
      "--from",
      "proc",
      "--format",
      "ndjson",
      "--out",
      "/dev/null",
    ],
    stdin: "null",
    stdout: "null",
  }).spawn();
  await sleep(6000);
  const before = cpuSeconds(child.pid);
  // A connection a second comes and goes meanwhile, in a process of its own.
  const churn = new Deno.Command("/usr/bin/python3", {
    args: [
      "-c",
      `import socket, time
s = socket.create_server(("127.0.0.1", 0))
for _ in range(${SECONDS}):
    c = socket.create_connection(s.getsockname()); a, _x = s.accept(); time.sleep(1); c.close(); a.close()`,
    ],
  }).spawn();
  await churn.status;
  const after = cpuSeconds(child.pid);
  const memory = residentMegabytes(child.pid);
  child.kill("SIGTERM");
  await child.status;
  const percent = (after - before) / SECONDS * 100;
  console.log(`\nwatch, 3 s interval, 1,000 sockets, 300 processes, one connection a second:`);
  console.log(
    `  ${percent.toFixed(2)} % of one core, ${memory.toFixed(0)} MB resident`,
  );
}
