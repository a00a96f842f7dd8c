/** `watch --from trace` that begins while connections do: each is told once. */
import { assert, assertEquals } from "@std/assert";
import { NetworkNamespace } from "../netns.ts";
import { eventually, Program, PYTHON, ROOT, runOther } from "../program.ts";
import { liveTest } from "./live.ts";
import { Watch, type WatchRecord } from "./trace_records.ts";

const ACTOR = `${ROOT}tests/actors/steady.py`;

/** Connections to it are not answered. */
const DROPPED = 7000;

interface Steady {
  readonly port: number;
  readonly ports: readonly number[];
}

/** Over loopback the kernel gives a port away again after a second: then it does not tell which one is meant. */
function usedOnce(ports: readonly number[]): number[] {
  const seen = new Set<number>();
  const again = new Set(ports.filter((port) => seen.size === seen.add(port).size));
  return ports.filter((port) => !again.has(port));
}

/** What is said of each connection of an actor that goes on while a watch begins. */
async function toldWhileBeginning(port: number): Promise<string[]> {
  await using namespace = await NetworkNamespace.create();
  const { prefix } = namespace;
  const chain = "chain c { type filter hook input priority 0; tcp dport";
  await runOther([...prefix, "/usr/sbin/nft", `table ip t { ${chain} ${DROPPED} drop; }; }`]);
  await using actor = new Program([PYTHON, "-I", ACTOR, String(port)], { prefix, stdin: true });
  await using watch = await Watch.start(["--from", "trace", "--mount-tracefs"], ["trace"], {
    prefix,
  });
  await eventually(() => watch.records().length > 500 || undefined, "500 records", 30_000);
  await actor.write("enough\n");
  const steady: Steady = JSON.parse(await actor.line(() => true, "the ports"));
  await actor.ended();
  const once = usedOnce(steady.ports);
  const last = once.at(-1);
  const isLast = (record: WatchRecord) =>
    record.source?.port === last && record.connscribe.event === "close";
  await eventually(() => watch.records().find(isLast), "the last close", 30_000);
  await watch.end();
  const told = new Map<number, WatchRecord[]>();
  for (const record of watch.records()) {
    const { source, destination, connscribe } = record;
    if (destination?.port !== steady.port || connscribe.initiator !== "local") continue;
    const from = source?.port ?? 0;
    told.set(from, [...told.get(from) ?? [], record]);
  }
  assertEquals([...told.keys()].filter((from) => !steady.ports.includes(from)), []);
  return once.map((from) => {
    const records = told.get(from) ?? [];
    const ids = new Set(records.map(({ connscribe }) => connscribe.connection.id));
    const events = records.map(({ connscribe: { event, preexisting } }) =>
      preexisting ? `${event} preexisting` : event
    );
    return [...events, ...ids.size > 1 ? ["of several ids"] : []].join();
  });
}

const BEGUN = "open,close";
const BEFORE = "open preexisting,close preexisting";

liveTest(
  "trace that begins while connections come and go tells each once, without a gap",
  async () => {
    const told = await toldWhileBeginning(0);
    const first = told.findIndex((said) => said !== "");
    assert(first >= 0 && told.lastIndexOf(BEGUN) > first + 100, `from ${first} on`);
    const others = told.slice(first).filter((said) => said !== BEGUN && said !== BEFORE);
    assertEquals(others, []);
  },
);

liveTest("trace that begins while connects wait for an answer tells each once", async () => {
  const told = await toldWhileBeginning(DROPPED);
  assertEquals(told.filter((said) => said !== BEGUN && said !== BEFORE), []);
  // Those before are there still.
  const begun = told.indexOf(BEGUN);
  assert(begun >= 0 && told.length - begun > 100, `from ${begun} on`);
  assertEquals(told.slice(begun).filter((said) => said !== BEGUN), []);
});
