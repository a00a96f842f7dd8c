/** `watch --from trace,conntrack` on this kernel: one connection is one record, with what both know of it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { TraceCollector } from "../../collectors/trace.ts";
import { realSystem } from "../../lib/system.ts";
import { OPTIONS } from "../../lib/worker/test_options.ts";
import { Actor } from "../actor.ts";
import { connect, NetworkNamespace } from "../netns.ts";
import { eventually, PYTHON, ROOT, runOther } from "../program.ts";
import { liveTest } from "./live.ts";
import { type Made, Maker, Watch, type WatchRecord } from "./trace_records.ts";

const BOTH = "trace+conntrack";
const CONNTRACK = "/usr/sbin/conntrack";

/** Flows are marked in turn with so many marks, to be ended in groups. */
const MARKS = 50;

const MARKING = "table inet m { chain c { type filter hook output priority 0; " +
  `ct state new ct mark set numgen inc mod ${MARKS}; }; }`;

/** A namespace in which flows are counted. */
async function counting(): Promise<NetworkNamespace> {
  const namespace = await NetworkNamespace.create();
  const set = "echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct";
  await runOther([...namespace.prefix, "/bin/sh", "-c", set]);
  await runOther([...namespace.prefix, "/usr/sbin/nft", MARKING]);
  return namespace;
}

async function watching(namespace: NetworkNamespace, args: readonly string[]): Promise<Watch> {
  return await Watch.start(
    ["--from", "trace,conntrack", "--mount-tracefs", "--activate", ...args],
    ["trace", "conntrack"],
    { prefix: namespace.prefix },
  );
}

/**
 * Ends the flows of a protocol, which the kernel keeps for up to two minutes; in groups, for a child of
 * conntrack has little room for events.
 */
async function endFlows({ prefix }: NetworkNamespace, protocol: string): Promise<void> {
  const script = `i=0; while [ $i -lt ${MARKS} ]; do ${CONNTRACK} -D -p ${protocol} -m $i; ` +
    "sleep 0.05; i=$((i + 1)); done; :";
  await runOther([...prefix, "/bin/sh", "-c", script]);
}

/** The records of what a process has begun, by the local port. */
function byPort(watch: Watch, { server, argv }: Made): Map<number, WatchRecord[]> {
  const found = new Map<number, WatchRecord[]>();
  for (const record of watch.records()) {
    const { source, destination, connscribe } = record;
    const isOurs = destination?.ip === server[0] && destination.port === server[1] &&
      connscribe.initiator === "local" &&
      (record.process === undefined || record.process.args?.join("\0") === argv.join("\0"));
    if (!isOurs || source?.port === undefined) continue;
    const list = found.get(source.port);
    if (list === undefined) found.set(source.port, [record]);
    else list.push(record);
  }
  return found;
}

/** What there is of connections, and of which of them there is not one open and one close of both collectors. */
interface Joined {
  readonly found: ReadonlyMap<number, readonly WatchRecord[]>;
  readonly alone: readonly (readonly [port: number, said: readonly string[]])[];
}

/** Waits for one open and one close of each connection, with the process; whether of both collectors, it tells. */
async function eachOnce(watch: Watch, made: Made): Promise<Joined> {
  const closes = () =>
    watch.records().filter(({ connscribe, process }) =>
      connscribe.event === "close" && connscribe.initiator === "local" && process?.pid === made.pid
    ).length;
  await eventually(() => closes() >= made.count || undefined, "all closes", 30_000).catch(() => {});
  const found = byPort(watch, made);
  const alone: [number, string[]][] = [];
  const wrong: [number, string[]][] = [];
  for (let port = made.first; port < made.first + made.count; port++) {
    const records = found.get(port) ?? [];
    const said = records.map(({ connscribe, process }) =>
      `${connscribe.event} ${connscribe.collector} ${process?.pid}`
    );
    const expected = ["open", "close"].map((event) => `${event} ${BOTH} ${made.pid}`);
    if (said.join() === expected.join() && idsOf(records).size === 1) continue;
    alone.push([port, said]);
    const traced = records.filter(({ connscribe }) => connscribe.collector !== "conntrack");
    const events = traced.map(({ connscribe, process }) => `${connscribe.event} ${process?.pid}`);
    const isOnce = events.join() === `open ${made.pid},close ${made.pid}`;
    if (!isOnce || idsOf(traced).size !== 1) wrong.push([port, said]);
  }
  assertFew(wrong, 0, watch);
  assertEquals(found.size, made.count);
  return { found, alone };
}

function idsOf(records: readonly WatchRecord[]): Set<string> {
  return new Set(records.map(({ connscribe }) => connscribe.connection.id));
}

function assertFew(list: Joined["alone"], most: number, { program }: Watch): void {
  if (list.length <= most) return;
  const message = `${list.length} are wrong, not ${most}: ${program.stderr.text}`;
  assertEquals(list.slice(0, 5), [], message);
}

/** The same, of both collectors. */
async function assertEach(watch: Watch, made: Made): Promise<Joined["found"]> {
  const { found, alone } = await eachOnce(watch, made);
  assertFew(alone, 0, watch);
  return found;
}

const TRANSPORTS = [
  // Room for some thousand events, which is why it does not get them at full speed.
  { transport: "the child", options: [], pause: "0.1", mayLose: true },
  { transport: "netlink", options: ["--netlink"], pause: "0", mayLose: false },
] as const;

for (const { transport, options, pause, mayLose } of TRANSPORTS) {
  liveTest(
    `trace and conntrack through ${transport}: 5,000 connections, 5,000 of each record`,
    async () => {
      await using namespace = await counting();
      await using watch = await watching(namespace, options);
      await using maker = await Maker.start(["tcp", "5000", "127.0.0.1", pause], namespace.prefix);
      await endFlows(namespace, "tcp");
      const { found, alone } = await eachOnce(watch, maker.made);
      const lacking = new Map(alone);
      for (const [port, records] of found) {
        const sent = records.at(-1)?.source?.bytes ?? 0;
        // By conntrack with the headers of all packets, by the socket without.
        if (sent < 5 && !lacking.has(port)) lacking.set(port, [`${sent} bytes`]);
      }
      const { folded, dropped, overrun } = await watch.end();
      // Each event that the kernel had no room for, and that is told of, may spoil one connection.
      assertFew([...lacking], overrun, watch);
      assert(folded >= 5000 - overrun, `${folded} folded`);
      assertEquals(dropped, mayLose ? overrun : 0);
    },
  );

  liveTest(
    `trace and conntrack through ${transport}: 200 datagrams with their counters`,
    async () => {
      await using namespace = await counting();
      await using watch = await watching(namespace, [...options, "--udp-timeout", "2s"]);
      await using maker = await Maker.start(["udp", "200", "127.0.0.1"], namespace.prefix);
      await endFlows(namespace, "udp");
      const found = await assertEach(watch, maker.made);
      // 20 bytes of IP and 8 of UDP, before 5 and 6 of their own.
      for (const records of found.values()) {
        const close = records.at(-1);
        const { source, destination } = close ?? {};
        assertEquals([source?.bytes, source?.packets], [33, 1]);
        assertEquals([destination?.bytes, destination?.packets], [34, 1]);
      }
      await watch.end();
    },
  );
}

/** Records of a connection to that port, from the side of the client. */
function to(watch: Watch, port: number): WatchRecord[] {
  return watch.records().filter(({ destination, connscribe }) =>
    destination?.port === port && connscribe.initiator === "local"
  );
}

/** Waits until there is a record of such an event. */
async function event(watch: Watch, name: string, port: number): Promise<WatchRecord> {
  const find = () => to(watch, port).find(({ connscribe }) => connscribe.event === name);
  return await eventually(find, `${name} of a connection to port ${port}`, 15_000);
}

liveTest(
  "trace and conntrack: translated on the way, one record has the process and both addresses",
  async () => {
    await using inside = await NetworkNamespace.create();
    await using router = await counting();
    await using outside = await NetworkNamespace.create();
    await connect(
      { namespace: inside, addresses: ["10.98.1.2/24"] },
      { namespace: router, addresses: ["10.98.1.1/24"] },
    );
    await router.ip(..."link set veth0 name inner".split(" "));
    await connect(
      { namespace: outside, addresses: ["10.98.2.2/24"] },
      { namespace: router, addresses: ["10.98.2.1/24"] },
    );
    await router.ip("link", "set", "inner", "up");
    await inside.ip(..."route add default via 10.98.1.1".split(" "));
    const forward = "echo 1 > /proc/sys/net/ipv4/ip_forward";
    await runOther([...router.prefix, "/bin/sh", "-c", forward]);
    const rule =
      "table ip n { chain p { type nat hook postrouting priority 100; ip saddr 10.98.1.0/24 masquerade; }; }";
    await runOther([...router.prefix, "/usr/sbin/nft", rule]);
    await using watch = await watching(router, ["--netlink"]);
    await using server = await Actor.start({ prefix: outside.prefix });
    await using client = await Actor.start({ prefix: inside.prefix });
    const address = "10.98.2.2";
    const { local: [, port] } = await server.socket({ do: "listen", name: "l", address });
    const facts = await client.socket({ do: "connect", name: "c", address, port });
    await server.socket({ do: "accept", name: "s", listener: "l" });
    await event(watch, "open", port);
    await client.ask({ do: "close", name: "c" });
    await server.ask({ do: "close", name: "s" });
    await endFlows(router, "tcp");
    await event(watch, "close", port);
    await watch.end();
    const records = to(watch, port);
    assertEquals(records.map(({ connscribe }) => connscribe.event), ["open", "close"]);
    for (const { connscribe, process, source } of records) {
      assertEquals([connscribe.collector, process?.pid], [BOTH, client.pid]);
      assertEquals([source?.ip, source?.port], [facts.local[0], facts.local[1]]);
      assertEquals(source?.nat?.ip, "10.98.2.1");
    }
  },
);

liveTest(
  "trace and conntrack: what was open before, and what was refused, is one record each",
  async () => {
    await using namespace = await counting();
    const rule = "add table inet t { chain c { ct state new; }; }";
    await runOther([...namespace.prefix, "/usr/sbin/nft", rule]);
    await using server = await Actor.start({ prefix: namespace.prefix });
    await using client = await Actor.start({ prefix: namespace.prefix });
    const { local: [address, port] } = await server.socket({ do: "listen", name: "l" });
    const old = await client.socket({ do: "connect", name: "old", address, port });
    await server.socket({ do: "accept", name: "s", listener: "l" });
    await using watch = await watching(namespace, ["--netlink"]);
    const isOld = ({ source }: WatchRecord) => source?.port === old.local[1];
    await eventually(() => to(watch, port).find(isOld), "the connection that was open", 15_000);
    // Nothing listens on port 1 of a namespace of the test's own.
    await client.ask({ do: "connect", name: "no", address, port: 1 }).catch(() => {});
    await event(watch, "close", 1);
    await watch.end();
    const found = to(watch, port).filter(isOld);
    assertEquals(
      found.map(({ connscribe, process }) =>
        `${connscribe.event} ${connscribe.collector} ${connscribe.preexisting} ${process?.pid}`
      ),
      [`open ${BOTH} true ${client.pid}`],
    );
    assertEquals(
      to(watch, 1).map(({ connscribe, process }) =>
        `${connscribe.event} ${connscribe.collector} ${connscribe.outcome} ${process?.pid}`
      ),
      [`close ${BOTH} refused ${client.pid}`],
    );
  },
);

liveTest(
  "trace and conntrack: a connect that waits for an answer is one record from the start",
  async () => {
    await using namespace = await counting();
    const nft = async (rule: string) => {
      await runOther([...namespace.prefix, "/usr/sbin/nft", rule]);
    };
    await using server = await Actor.start({ prefix: namespace.prefix });
    await using client = await Actor.start({ prefix: namespace.prefix });
    const { local: [address, port] } = await server.socket({ do: "listen", name: "l" });
    const chain = "chain c { type filter hook input priority 0; tcp dport";
    await nft(`table inet d { ${chain} ${port} drop; }; }`);
    await using watch = await watching(namespace, ["--netlink"]);
    const command = { do: "connect", name: "c", address, port, wait: false };
    const facts = await client.socket(command);
    await event(watch, "open", port);
    await nft("delete table inet d");
    await event(watch, "update", port);
    await server.socket({ do: "accept", name: "s", listener: "l" });
    await client.ask({ do: "close", name: "c" });
    await server.ask({ do: "close", name: "s" });
    await endFlows(namespace, "tcp");
    await event(watch, "close", port);
    await watch.end();
    const records = to(watch, port);
    const said = records.map(({ connscribe, process, source }) =>
      `${connscribe.event} ${connscribe.collector} ${connscribe.outcome} ${process?.pid} ${source?.port}`
    );
    const who = `${client.pid} ${facts.local[1]}`;
    assertEquals(said, [
      `open ${BOTH} unknown ${who}`,
      `update ${BOTH} established ${who}`,
      `close ${BOTH} established ${who}`,
    ]);
    assertEquals(idsOf(records).size, 1);
  },
);

for (const [ip, echo, address] of [[4, 8, "127.0.0.9"], [6, 128, "::1"]] as const) {
  liveTest(
    `trace and conntrack: a ping over IPv${ip} has its process and its Community ID`,
    async () => {
      await using namespace = await counting();
      await using watch = await watching(namespace, ["--netlink"]);
      const actor = `${ROOT}tests/actors/ground_truth.py`;
      await runOther([...namespace.prefix, PYTHON, "-I", actor, "icmp", "1", address]);
      const isPing = ({ connscribe, destination }: WatchRecord) =>
        connscribe.icmp?.type === echo && destination?.ip === address;
      const ping = await eventually(() => watch.records().find(isPing), "the ping", 15_000);
      await watch.end();
      assertEquals(ping.connscribe.collector, BOTH);
      assertEquals(ping.connscribe.icmp, { type: echo, code: 0 });
      assert(ping.process !== undefined);
      assertEquals(ping.source?.ip, address === "::1" ? "::1" : "127.0.0.1");
      assertMatch(ping.network["community_id"] ?? "", /^1:/);
    },
  );
}

liveTest("trace says how far it is, also without records", async () => {
  const system = realSystem();
  const stop = new AbortController();
  const began = system.now();
  const { trace } = OPTIONS;
  const batches = new TraceCollector(system).connections({
    options: { ...OPTIONS, trace: { ...trace, mountTracefs: true, bufferBytes: 1 << 20 } },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]),
    counters: { read: 0, dropped: {}, degraded: {} },
    coverage: () => {},
    report: () => {},
  });
  const marks: number[] = [];
  for await (const { watermark } of batches) {
    if (watermark === undefined) continue;
    assertEquals(watermark.collector, "trace");
    assert(watermark.time <= system.now(), `${watermark.time} is to come`);
    marks.push(watermark.time);
    if (watermark.time > began && marks.length > 1) stop.abort();
  }
  const last = marks.at(-1) ?? 0;
  assert(last > began && last > (marks[0] ?? 0), `${marks} since ${began}`);
});
