// deno-lint-ignore-file no-console -- a benchmark prints its result
/** One snapshot of all sockets with their processes: connscribe against the usual tools, whole processes. */
import { median, startLoad } from "./load.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const BINARY = new URL("../dist/connscribe", import.meta.url).pathname;
const ROUNDS = 15;

interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

function contenders(): Contender[] {
  const found: Contender[] = [
    {
      name: "connscribe snapshot",
      command: [Deno.execPath(), "run", "-q", "--no-prompt", "-A", MAIN, "snapshot"],
    },
    { name: "ss -tunapeH", command: ["/usr/bin/ss", "-tunapeH"] },
    { name: "lsof -i -n -P", command: ["/usr/bin/lsof", "-i", "-n", "-P"] },
    {
      name: "psutil net_connections",
      command: [
        "/usr/bin/python3",
        "-c",
        "import psutil\nfor c in psutil.net_connections(): print(c)",
      ],
    },
  ];
  try {
    Deno.statSync(BINARY);
    found.splice(1, 0, { name: "dist/connscribe snapshot", command: [BINARY, "snapshot"] });
  } catch {
    console.log("(dist/connscribe is not there: run `deno task compile` to compare it too)");
  }
  return found;
}

async function time({ command: [program, ...args] }: Contender): Promise<number> {
  const began = performance.now();
  // Into a pipe that is read, as a user's `| grep` would.
  const { code } = await new Deno.Command(program, { args, stdin: "null", stderr: "null" })
    .output();
  const took = performance.now() - began;
  if (code > 1) throw new Error(`${program} ${args.join(" ")} failed with ${code}`);
  return took;
}

/** Prints the median of paired runs at 1,000 and at 16,000 sockets, 300 processes. */
export async function benchSnapshot(): Promise<void> {
  for (const sockets of [1000, 16000]) {
    await using _load = await startLoad(sockets, 300);
    const all = contenders();
    const times = new Map<string, number[]>(all.map(({ name }) => [name, []]));
    for (let round = -1; round < ROUNDS; round++) {
      for (const contender of all) {
        const took = await time(contender);
        if (round >= 0) times.get(contender.name)?.push(took);
      }
    }
    const reference = median(times.get("ss -tunapeH") ?? []);
    console.log(`\n${sockets} sockets, 300 processes: median of ${ROUNDS} paired runs`);
    for (const [name, values] of times) {
      const value = median(values);
      const ratio = (value / reference).toFixed(2);
      console.log(
        `  ${name.padEnd(26)}${value.toFixed(1).padStart(8)} ms${ratio.padStart(8)} x ss`,
      );
    }
  }
}
