// deno-lint-ignore-file no-console -- a benchmark prints its result
/** How many new flows a second are read without loss, and for how much CPU; memory over a million flows. */
import { NetworkNamespace } from "../tests/netns.ts";
import { cpuSeconds, output, residentMegabytes, sleep } from "./process.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const FLOWS = new URL("./flows.py", import.meta.url).pathname;
const RATES = [5_000, 10_000, 15_000, 20_000, 40_000, 80_000, 0];
const ROUNDS = 3;
const SECONDS = 3;
const MOST = 150_000;
/** Flows that each reader sees before its CPU is measured: its code is compiled while it runs. */
const WARM_UP = 10_000;
/**
 * Flows of the run that looks at memory, after how many it looks, and after how many the table is emptied:
 * that many ends come at once.
 */
const MILLION = 1_000_000;
const STEP = 100_000;
const PORTION = 20_000;

const WATCH = ["watch", "--from", "conntrack", "--format", "ndjson", "--out", "/dev/null"];
const WAYS: Readonly<Record<string, readonly string[]>> = {
  "conntrack -E": ["/usr/sbin/conntrack", "-E", "-e", "NEW,DESTROY", "-o", "timestamp,id"],
  "connscribe": [Deno.execPath(), "run", "-q", "--no-prompt", "-A", MAIN, ...WATCH, "-v"],
  "connscribe --netlink": [
    ...[Deno.execPath(), "run", "-q", "--no-prompt", "-A", MAIN, ...WATCH, "-v"],
    "--netlink",
  ],
};

interface Reader {
  readonly pid: number;
  /** Ends it; returns how many events it has lost. */
  end(): Promise<number>;
}

/** Drops of the netfilter sockets (protocol 12) of a namespace, by proc_pid_net(5). */
function drops(pid: number): number {
  let sum = 0;
  for (const line of Deno.readTextFileSync(`/proc/${pid}/net/netlink`).split("\n")) {
    const [, protocol, , , , , , , dropped] = line.trim().split(/\s+/);
    if (protocol === "12") sum += Number(dropped);
  }
  return sum;
}

async function startReader(name: string, namespace: NetworkNamespace): Promise<Reader> {
  const words = [...namespace.prefix, ...WAYS[name] ?? []];
  const [program = "", ...args] = words;
  const isOurs = name !== "conntrack -E";
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  await sleep(isOurs ? 4000 : 500);
  return {
    pid: child.pid,
    end: async () => {
      const dropped = isOurs ? 0 : drops(child.pid);
      child.kill("SIGTERM");
      await child.status;
      const overrun = /overrun (\d+)/.exec(await said)?.[1];
      return isOurs ? Number(overrun ?? 0) : dropped;
    },
  };
}

async function flush(namespace: NetworkNamespace): Promise<void> {
  const words = [...namespace.prefix, "/usr/sbin/conntrack", "-F"];
  const [program = "", ...args] = words;
  await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output();
}

async function makeFlows(
  namespace: NetworkNamespace,
  count: number,
  rate: number,
): Promise<number> {
  const words = [...namespace.prefix, "/usr/bin/python3", FLOWS, `${count}`, `${rate}`];
  return Number(await output(words));
}

interface Round {
  readonly rate: number;
  readonly lost: number;
  /** Microseconds a flow. */
  readonly cpu: number;
}

async function run(name: string, rate: number, namespace: NetworkNamespace): Promise<Round> {
  const count = rate === 0 ? MOST : Math.min(rate * SECONDS, MOST);
  const reader = await startReader(name, namespace);
  await makeFlows(namespace, WARM_UP, 5_000);
  await sleep(500);
  const before = cpuSeconds(reader.pid);
  const took = await makeFlows(namespace, count, rate);
  await sleep(1500);
  const cpu = cpuSeconds(reader.pid) - before;
  const lost = await reader.end();
  await flush(namespace);
  return { rate: Math.round(count / took), lost, cpu: cpu / count * 1e6 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function print(name: string, rounds: readonly Round[]): void {
  const rate = median(rounds.map((round) => round.rate));
  const lost = rounds.map((round) => round.lost).join(", ");
  const cpu = median(rounds.map((round) => round.cpu)).toFixed(1);
  console.log(`  ${name.padEnd(22)} ${rate} flows/s: lost ${lost}; ${cpu} µs of CPU a flow`);
}

/** Prints, for each rate in turn, what each way has lost in each round, and used; then the memory. */
export async function benchConntrack(): Promise<void> {
  await using namespace = await NetworkNamespace.create();
  const rule =
    "add table inet b { chain c { type filter hook output priority 0; ct state new; }; }";
  await output([...namespace.prefix, "/usr/sbin/nft", rule]);
  for (const rate of RATES) {
    console.log(`\n${rate === 0 ? "as fast as it goes" : `${rate} new UDP flows a second`}:`);
    const rounds = new Map<string, Round[]>(Object.keys(WAYS).map((name) => [name, []]));
    for (let i = 0; i < ROUNDS; i++) {
      for (const [name, done] of rounds) done.push(await run(name, rate, namespace));
    }
    for (const [name, done] of rounds) print(name, done);
  }
  for (const name of Object.keys(WAYS).slice(1)) {
    const reader = await startReader(name, namespace);
    const sizes: number[] = [];
    for (let made = PORTION; made <= MILLION; made += PORTION) {
      await makeFlows(namespace, PORTION, 20_000);
      await flush(namespace);
      if (made % STEP === 0) sizes.push(Math.round(residentMegabytes(reader.pid)));
    }
    console.log(`\n${name}, ${MILLION} flows, MiB resident after each ${STEP}: ${sizes.join(" ")}`);
    console.log(`  lost: ${await reader.end()}`);
  }
}
