// deno-lint-ignore-file no-console -- a benchmark prints its result
/** What a connection costs whoever traces it, and what is lost: connscribe, bpftrace and conntrack side by side. */
import { NetworkNamespace } from "../tests/netns.ts";
import { cpuSeconds, output, residentMegabytes, sleep } from "./process.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const CONNECTIONS = new URL("./connections.py", import.meta.url).pathname;

/** Connections a second (0: as fast as it goes), and how many. */
const LOADS = [[1_000, 10_000], [5_000, 40_000], [10_000, 60_000], [0, 100_000]] as const;

/** Seconds of the look at what it costs when nothing happens. */
const IDLE = 30;

const WATCH = [
  ...[Deno.execPath(), "run", "-q", "--no-prompt", "-A", MAIN, "watch", "--from", "trace"],
  ...["--format", "ndjson", "--out", "/dev/null", "-v"],
];

/** The states of sockets, as connscribe reads them, printed. */
const PROGRAM =
  'tracepoint:sock:inet_sock_set_state { printf("%d %s %d %d %d %d %s %s\\n", pid, comm, args->oldstate, args->newstate, args->sport, args->dport, ntop(args->saddr), ntop(args->daddr)); }';

const WAYS: Readonly<Record<string, readonly string[]>> = {
  "bpftrace": ["bpftrace", "-B", "full", "-e", PROGRAM],
  "conntrack -E": ["/usr/sbin/conntrack", "-E", "-e", "NEW,DESTROY", "-o", "timestamp,id"],
  "connscribe --bytes none": [...WATCH, "--bytes", "none"],
  "connscribe": WATCH,
};

interface Tracer {
  readonly pid: number;
  /** Ends it; returns what it said of losses. */
  end(): Promise<string>;
}

async function start(name: string, prefix: readonly string[]): Promise<Tracer> {
  const [program = "", ...args] = [...prefix, ...WAYS[name] ?? []];
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  await sleep(5000);
  return {
    pid: child.pid,
    end: async () => {
      child.kill("SIGINT");
      await child.status;
      const text = await said;
      const lost = [...text.matchAll(/[Ll]ost (\d+) events/g)].map(([, count]) => Number(count));
      const overrun = /overrun (\d+)/.exec(text)?.[1];
      const sum = lost.reduce((all, count) => all + count, Number(overrun ?? 0));
      return /ENOBUFS/.test(text) ? "some events" : `${sum} events`;
    },
  };
}

/** Prints, for each rate in turn, what each way has used and lost; then what it costs when nothing happens. */
export async function benchTrace(): Promise<void> {
  await using namespace = await NetworkNamespace.create();
  const rule =
    "add table inet b { chain c { type filter hook output priority 0; ct state new; }; }";
  await output([...namespace.prefix, "/usr/sbin/nft", rule]);
  for (const [rate, count] of LOADS) {
    console.log(`\n${rate === 0 ? "as fast as it goes" : `${rate} TCP connections a second`}:`);
    for (const name of Object.keys(WAYS)) {
      const tracer = await start(name, name === "conntrack -E" ? namespace.prefix : []);
      const before = cpuSeconds(tracer.pid);
      const load = ["/usr/bin/python3", CONNECTIONS, `${count}`, `${rate}`];
      const took = await output([...namespace.prefix, ...load]);
      await sleep(2000);
      const cpu = (cpuSeconds(tracer.pid) - before) / count * 1e6;
      const memory = residentMegabytes(tracer.pid).toFixed(0);
      const lost = await tracer.end();
      const real = Math.round(count / Number(took));
      console.log(
        `  ${name.padEnd(24)} ${real}/s: ${
          cpu.toFixed(1)
        } µs of CPU a connection, lost ${lost}, ${memory} MB`,
      );
    }
  }
  console.log(`\n${IDLE} s without connections:`);
  for (const name of Object.keys(WAYS)) {
    const tracer = await start(name, name === "conntrack -E" ? namespace.prefix : []);
    await sleep(5000);
    const before = cpuSeconds(tracer.pid);
    await sleep(IDLE * 1000);
    const share = (cpuSeconds(tracer.pid) - before) / IDLE * 100;
    console.log(`  ${name.padEnd(24)} ${share.toFixed(2)} % of one core`);
    await tracer.end();
  }
}
