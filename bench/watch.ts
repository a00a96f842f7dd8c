// deno-lint-ignore-file no-console -- a benchmark prints its result
/** What watching costs: CPU and memory of `watch` at the default interval with 1,000 sockets. */
import { startLoad } from "./load.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const SECONDS = 60;

/** CPU time in clock ticks (user + system) and resident memory in kB of a process. */
function usage(pid: number): { ticks: number; kilobytes: number } {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const rss = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return { ticks: Number(fields[11]) + Number(fields[12]), kilobytes: Number(rss) };
}

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
  await new Promise((resolve) => setTimeout(resolve, 6000));
  const before = usage(child.pid);
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
  const after = usage(child.pid);
  child.kill("SIGTERM");
  await child.status;
  const percent = (after.ticks - before.ticks) / SECONDS;
  console.log(`\nwatch, 3 s interval, 1,000 sockets, 300 processes, one connection a second:`);
  console.log(
    `  ${percent.toFixed(2)} % of one core, ${(after.kilobytes / 1024).toFixed(0)} MB resident`,
  );
}
