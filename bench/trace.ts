// deno-lint-ignore-file no-console -- a benchmark prints its result
/** What a connection costs whoever traces it, and what is lost: connscribe, bpftrace and conntrack side by side. */
import { NetworkNamespace } from "../tests/netns.ts";
import { cpuSeconds, output, residentMegabytes, sleep } from "./process.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const CONNECTIONS = new URL("./connections.py", import.meta.url).pathname;

/** Connections a second (0: as fast as it goes), and how many. */
const LOADS = [[1_000, 10_000], [5_000, 40_000], [10_000, 60_000], [0, 100_000]] as const;

/** Connections that each tracer sees before its CPU is measured: code of ours is compiled while it runs. */
const WARM_UP = 20_000;

/** Seconds of the look at what it costs when nothing happens. */
const IDLE = 30;

const WATCH = [
  ...[Deno.execPath(), "run", "-q", "--no-prompt", "-A", MAIN, "watch", "--from", "trace"],
  ...["--format", "ndjson", "--out", "/dev/null", "-v"],
];

/** The states of sockets, printed. */
const STATES =
  'tracepoint:sock:inet_sock_set_state { printf("%d %s %d %d %d %d %s %s\\n", pid, comm, args->oldstate, args->newstate, args->sport, args->dport, ntop(args->saddr), ntop(args->daddr)); }';

/** A TCP event with its ends, printed. */
function printed(event: string): string {
  return `tracepoint:${event} { printf("%d %s %d %d %s %s\\n", pid, comm, args->sport, args->dport, ntop(args->saddr), ntop(args->daddr)); }`;
}

/** All that connscribe reads, printed. */
const ALL = [
  STATES,
  ...["sock:inet_sk_error_report", "tcp:tcp_receive_reset", "tcp:tcp_destroy_sock"].map(printed),
  'tracepoint:tcp:tcp_retransmit_skb /args->state == 2/ { printf("%d %s %p %d\\n", pid, comm, args->skaddr, args->sport); }',
  'tracepoint:tcp:tcp_send_reset { printf("%d %s %p %d\\n", pid, comm, args->skaddr, args->state); }',
  'tracepoint:fib:fib_table_lookup /args->iif == 1 && (args->proto != 6 || args->err != 0)/ { printf("%d %s %d %d %d %s %s\\n", pid, comm, args->proto, args->sport, args->dport, ntop(args->src), ntop(args->dst)); }',
  'tracepoint:fib6:fib6_table_lookup /args->iif == 1 && (args->proto != 6 || args->err != 0)/ { printf("%d %s %d %d %d %s %s\\n", pid, comm, args->proto, args->sport, args->dport, ntop(args->src), ntop(args->dst)); }',
  'tracepoint:task:task_newtask { printf("%d %s %d %s\\n", pid, comm, args->pid, args->comm); }',
  'tracepoint:sched:sched_process_exec { printf("%d %s %s\\n", pid, comm, str(args->filename)); }',
  'tracepoint:sched:sched_process_exit { printf("%d %s\\n", pid, comm); }',
].join(" ");

const WAYS: Readonly<Record<string, readonly string[]>> = {
  "bpftrace, states": ["bpftrace", "-B", "full", "-e", STATES],
  "bpftrace, all": ["bpftrace", "-B", "full", "-e", ALL],
  "conntrack -E": ["/usr/sbin/conntrack", "-E", "-e", "NEW,DESTROY", "-o", "timestamp,id"],
  "connscribe --bytes none": [...WATCH, "--bytes", "none"],
  "connscribe": WATCH,
};

/** Lines, or events, of so many connections. */
const COUNTED = 500;

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

/** How many events connscribe has read from the buffers of all CPUs. */
function eventsRead(): number {
  let sum = 0;
  const root = "/sys/kernel/tracing/instances";
  for (const { name } of Deno.readDirSync(root)) {
    if (!/^connscribe-\d+-\d+$/.test(name)) continue;
    for (const cpu of Deno.readDirSync(`${root}/${name}/per_cpu`)) {
      const stats = Deno.readTextFileSync(`${root}/${name}/per_cpu/${cpu.name}/stats`);
      sum += Number(/^read events: (\d+)/m.exec(stats)?.[1]);
    }
  }
  return sum;
}

async function connect(namespace: NetworkNamespace, count: number, rate: number): Promise<number> {
  const load = ["/usr/bin/python3", CONNECTIONS, `${count}`, `${rate}`];
  return Number(await output([...namespace.prefix, ...load]));
}

/** How many lines a connection makes. */
async function linesOf(name: string, namespace: NetworkNamespace): Promise<number> {
  const [program = "", ...args] = WAYS[name] ?? [];
  const child = new Deno.Command(program, { args, stdin: "null", stderr: "null", stdout: "piped" })
    .spawn();
  const printed = new Response(child.stdout).text();
  await sleep(5000);
  await connect(namespace, COUNTED, 1000);
  await sleep(1000);
  child.kill("SIGINT");
  return Math.round((await printed).split("\n").length / COUNTED);
}

/** Prints, for each rate in turn, what each way has used and lost; then what it costs when nothing happens. */
export async function benchTrace(): Promise<void> {
  await using namespace = await NetworkNamespace.create();
  const rule =
    "add table inet b { chain c { type filter hook output priority 0; ct state new; }; }";
  await output([...namespace.prefix, "/usr/sbin/nft", rule]);
  const lines = new Map<string, number>();
  for (const name of Object.keys(WAYS).filter((name) => name.startsWith("bpftrace"))) {
    lines.set(name, await linesOf(name, namespace));
  }
  for (const [rate, count] of LOADS) {
    console.log(`\n${rate === 0 ? "as fast as it goes" : `${rate} TCP connections a second`}:`);
    for (const name of Object.keys(WAYS)) {
      const tracer = await start(name, name === "conntrack -E" ? namespace.prefix : []);
      const isOurs = name.startsWith("connscribe");
      await connect(namespace, WARM_UP, 5_000);
      await sleep(2000);
      const before = cpuSeconds(tracer.pid);
      const read = isOurs ? eventsRead() : 0;
      const took = await connect(namespace, count, rate);
      await sleep(2000);
      const cpu = (cpuSeconds(tracer.pid) - before) / count * 1e6;
      const events = isOurs ? (eventsRead() - read) / count : lines.get(name);
      const share = events === undefined
        ? ""
        : ` (${events.toFixed(1)} events, ${(cpu / events).toFixed(2)} µs each)`;
      const memory = residentMegabytes(tracer.pid).toFixed(0);
      const lost = await tracer.end();
      const real = Math.round(count / took);
      console.log(
        `  ${name.padEnd(24)} ${real}/s: ${
          cpu.toFixed(1)
        } µs of CPU a connection${share}, lost ${lost}, ${memory} MB`,
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
