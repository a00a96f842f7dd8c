/**
 * The kernel's own conntrack events through the netlink socket, in network namespaces of the test's own,
 * beside conntrack(8), which hears the same ones.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FlowEvent, FlowTuple } from "../../collectors/conntrack/flow.ts";
import { common } from "../../collectors/conntrack/netlink/compare_test_tools.ts";
import { netlinkDrops } from "../../collectors/conntrack/netlink/drops.ts";
import { parseFlowLine } from "../../collectors/conntrack/parse.ts";
import { connect, NetworkNamespace } from "../netns.ts";
import { eventually, Program, PYTHON, ROOT, runOther, type StartOptions } from "../program.ts";
import { missing, testUnless } from "../skip.ts";

const CONNTRACK = "/usr/sbin/conntrack";
const NFT = "/usr/sbin/nft";
const NSENTER = "/usr/bin/nsenter";
const SETPRIV = "/usr/bin/setpriv";

/** Groups of a socket that hears of new, changed and destroyed flows. */
const ALL_GROUPS = 7;

/** Makes tracking active for both IP versions, and translates some addresses. */
const RULES = `
table inet track {
  chain out { type filter hook output priority 0; ct state new counter accept; }
}
table inet translate {
  chain out {
    type nat hook output priority -100
    ip daddr 198.51.100.7 tcp dport 80 dnat ip to 10.99.0.2:8080
    ip6 daddr 2001:db8::7 tcp dport 80 dnat ip6 to [fd99::2]:8080
  }
  chain post {
    type nat hook postrouting priority 100
    ip daddr 10.99.0.22 snat ip to 10.99.0.11
  }
}`;

/** Answers on TCP port 8080 and UDP port 5353 until its standard input ends. */
const SERVER = `
import socket, sys, threading

def sock(family, kind, port):
    s = socket.socket(family, kind)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind(("", port))
    return s

def tcp(listener):
    listener.listen()
    while True:
        connection, _ = listener.accept()
        connection.sendall(connection.recv(100))
        connection.close()

def udp(s):
    while True:
        data, peer = s.recvfrom(100)
        s.sendto(data, peer)

for family in (socket.AF_INET, socket.AF_INET6):
    for serve, s in ((tcp, sock(family, socket.SOCK_STREAM, 8080)),
                     (udp, sock(family, socket.SOCK_DGRAM, 5353))):
        threading.Thread(target=serve, args=(s,), daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
`;

/** Does what its arguments say, one after the other. */
const CLIENT = `
import socket, struct, sys

def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET

def tcp(address, port):
    try:
        with socket.create_connection((address, port), 5) as s:
            s.sendall(b"hello")
            while s.recv(100):
                pass
    except ConnectionRefusedError:
        pass

def udp(address, port):
    with socket.socket(family(address), socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect((address, port))
        s.send(b"hello")
        if port == 5353:
            s.recv(100)

def many(address, count):
    with socket.socket(family(address), socket.SOCK_DGRAM) as s:
        for port in range(1000, 1000 + int(count)):
            s.sendto(b"hello", (address, port))

def raw(address, protocol, payload):
    with socket.socket(family(address), socket.SOCK_RAW, protocol) as s:
        s.sendto(payload, (address, 0))

def ping(address, identifier):
    if ":" in address:
        return raw(address, 58, struct.pack("!BBHHH", 128, 0, 0, identifier, 1))
    checksum = ~(0x0800 + identifier + 1) & 0xffff
    raw(address, 1, struct.pack("!BBHHH", 8, 0, checksum, identifier, 1))

def gre(address, key):
    raw(address, 47, struct.pack("!HHHH", 0x2001, 0x880b, 0, key))

def esp(address, spi):
    raw(address, 50, struct.pack("!II", spi, 1))

for arg in sys.argv[1:]:
    name, address, number = arg.split(",")
    globals()[name](address, int(number))
`;

/** Two namespaces, a server in one of them, and the rules in the other, where the traffic begins. */
class Pair implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();

  private constructor(readonly client: NetworkNamespace, server: NetworkNamespace) {
    this.#stack.use(server);
    this.#stack.use(client);
  }

  static async create(): Promise<Pair> {
    const client = await NetworkNamespace.create();
    const server = await NetworkNamespace.create();
    const pair = new Pair(client, server);
    await connect(
      { namespace: client, addresses: ["10.99.0.1/24", "10.99.0.11/24", "fd99::1/64"] },
      { namespace: server, addresses: ["10.99.0.2/24", "10.99.0.22/24", "fd99::2/64"] },
    );
    await client.ip(..."route add 198.51.100.0/24 via 10.99.0.2".split(" "));
    await client.ip(..."-6 route add 2001:db8::/64 via fd99::2".split(" "));
    const sysctls = ["acct", "timestamp"].map((name) =>
      `/proc/sys/net/netfilter/nf_conntrack_${name}`
    );
    await pair.run(["sh", "-c", `echo 1 | tee ${sysctls.join(" ")}`]);
    await pair.run([NFT, RULES]);
    const program = new Program([PYTHON, "-I", "-c", SERVER], {
      prefix: server.prefix,
      stdin: true,
    });
    pair.#stack.use(program);
    await program.line((line) => line === "ready", "the server is ready");
    return pair;
  }

  /** Runs a program where the traffic begins, to its end. */
  async run(words: readonly string[]): Promise<string> {
    return await runOther(words, { prefix: this.client.prefix });
  }

  /** Makes traffic: `NAME,ADDRESS,NUMBER`, functions of the client. */
  async traffic(...what: readonly string[]): Promise<void> {
    await this.run([PYTHON, "-I", "-c", CLIENT, ...what]);
  }

  /** Starts `conntrack -E`. */
  async listenWithConntrack(): Promise<Program> {
    const words = [CONNTRACK, "-E", "-o", "timestamp,id,extended,ktimestamp"];
    const program = new Program(words, { prefix: this.client.prefix, env: { TZ: "UTC0" } });
    await eventually(async () => {
      const table = await this.run(["cat", "/proc/self/net/netlink"]);
      return netlinkDrops(new TextEncoder().encode(table), { groups: ALL_GROUPS });
    }, "conntrack does not listen");
    return program;
  }

  /** Starts the tool that prints what the netlink transport yields. */
  async listen(...args: readonly string[]): Promise<Program> {
    const program = new Program(printTool(args), { ...this.#toolOptions, stdin: true });
    await program.line((line) => line === '"ready"', "the tool is ready");
    return program;
  }

  /** What the netlink transport says is in the table. */
  async dump(): Promise<FlowEvent[]> {
    return flowsOf(await runOther(printTool(["--dump"]), this.#toolOptions));
  }

  get #toolOptions(): StartOptions {
    return { prefix: this.client.prefix, env: { DENO_NO_UPDATE_CHECK: "1" } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function printTool(args: readonly string[]): string[] {
  const path = `${ROOT}collectors/conntrack/netlink/print_test_tool.ts`;
  return [Deno.execPath(), "run", "-q", "--no-prompt", "-A", path, ...args];
}

/** What the tool says at the end. */
interface Summary {
  readonly lost: number;
  readonly gaps: number;
  readonly dropped: Readonly<Record<string, number>>;
}

function flowsOf(stdout: string): FlowEvent[] {
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line)).filter((line) => line.event);
}

/** Ends the tool and returns all that it has printed. */
async function endOf(tool: Program): Promise<{ events: FlowEvent[]; summary: Summary }> {
  await tool.closeInput();
  const { stdout, stderr } = await tool.ended();
  assertEquals(stderr, "");
  return {
    events: flowsOf(stdout),
    summary: JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? ""),
  };
}

/** In the order of the flows' ids; that of the events of one flow stays. */
function byFlow(events: readonly FlowEvent[]): unknown[] {
  return events.toSorted((a, b) => (a.id ?? 0) - (b.id ?? 0)).map(common);
}

function parsed(stdout: string): FlowEvent[] {
  return stdout.trimEnd().split("\n").map((line) => {
    const event = parseFlowLine(line, "utc");
    assert(event !== undefined, line);
    return event;
  });
}

/** The events of the only flow whose original tuple has all these. */
function eventsOf(events: readonly FlowEvent[], wanted: Partial<FlowTuple>): FlowEvent[] {
  const { id } =
    events.find(({ event, original }) =>
      event === "new" && JSON.stringify({ ...original, ...wanted }) === JSON.stringify(original)
    ) ?? {};
  assert(id !== undefined, `no flow has ${JSON.stringify(wanted)}`);
  return events.filter((event) => event.id === id);
}

const SKIP = Deno.uid() === 0 ? missing([CONNTRACK, NFT, PYTHON, NSENTER, SETPRIV]) : "needs root";

testUnless(
  SKIP,
  "NetlinkTransport yields the events that conntrack prints, one for one",
  async function () {
    await using pair = await Pair.create();
    await using conntrack = await pair.listenWithConntrack();
    await using tool = await pair.listen("--updates");
    const before = Date.now() * 1000;
    await pair.traffic(
      ...["tcp,10.99.0.2,8080", "tcp,fd99::2,8080", "udp,10.99.0.2,5353", "udp,fd99::2,5353"],
      ...["ping,10.99.0.2,4711", "ping,fd99::2,4712", "tcp,10.99.0.2,9", "tcp,fd99::2,9"],
      ...["tcp,198.51.100.7,80", "tcp,2001:db8::7,80", "tcp,10.99.0.22,8080"],
      ...["gre,10.99.0.2,4660", "esp,10.99.0.2,7", "esp,fd99::2,7"],
    );
    const table = await pair.dump();
    const listed = await Promise.all(
      ["ipv4", "ipv6"].map((family) =>
        pair.run([CONNTRACK, "-L", "-f", family, "-o", "id,extended"])
      ),
    );
    await pair.run([CONNTRACK, "-F"]);
    const after = (Date.now() + 1) * 1000;
    await pair.traffic("udp,10.99.0.2,65000");
    for (const program of [tool, conntrack]) {
      await program.line((line) => /dport"?[:=]65000/.test(line), "the flow that marks the end");
    }
    conntrack.signal("SIGINT");
    const printed = parsed((await conntrack.ended()).stdout);
    const { events, summary } = await endOf(tool);
    assertEquals(summary, { lost: 0, gaps: 0, dropped: {} });
    assertEquals(byFlow(events), byFlow(printed));

    // Between the two questions, times run on, and each reader holds entries for a moment.
    const still = ({ timeout: _, start: _start, use: _use, ...flow }: FlowEvent) => flow;
    assertEquals(byFlow(table.map(still)), byFlow(parsed(listed.join("")).map(still)));

    for (const dst of ["10.99.0.2", "fd99::2"]) {
      const whole = eventsOf(events, { dst, dport: 8080 });
      assertEquals([whole.at(0)?.event, whole.at(-1)?.event], ["new", "destroy"]);
      const { start = 0, stop = 0, originalCounters, assured } = whole.at(-1) ?? {};
      assert(
        before <= start && start <= stop && stop <= after,
        `${before} ${start} ${stop} ${after}`,
      );
      assertEquals([originalCounters !== undefined, assured], [true, true]);
      const refused = eventsOf(events, { dst, dport: 9 });
      assertEquals(refused.map(({ event, unreplied }) => [event, unreplied]), [
        ["new", true],
        ["destroy", true],
      ]);
      assertEquals(refused.at(-1)?.state, "CLOSE");
      assertEquals(eventsOf(events, { dst, dport: 5353 }).at(0)?.protocol, "udp");
    }
    assertEquals(eventsOf(events, { dst: "198.51.100.7" }).at(0)?.reply.src, "10.99.0.2");
    assertEquals(eventsOf(events, { dst: "2001:db8::7" }).at(0)?.reply.src, "fd99::2");
    assertEquals(eventsOf(events, { dst: "10.99.0.22" }).at(0)?.reply.dst, "10.99.0.11");
    const echo = { type: 8, code: 0, id: 4711 };
    assertEquals(eventsOf(events, { icmp: echo }).at(0)?.reply.icmp, { ...echo, type: 0 });
    const echo6 = { type: 128, code: 0, id: 4712 };
    assertEquals(eventsOf(events, { icmp: echo6 }).at(0)?.reply.icmp, { ...echo6, type: 129 });
    assertEquals(eventsOf(events, { gre: { srckey: 0, dstkey: 4660 } }).at(0)?.protocol, "gre");
  },
);

testUnless(
  SKIP,
  "NetlinkTransport knows to the event what was lost while it was stopped",
  async function () {
    const made = 3000;
    await using pair = await Pair.create();
    await using tool = await pair.listen("--buffer=65536");
    tool.signal("SIGSTOP");
    await pair.traffic(`many,10.99.0.2,${made}`);
    tool.signal("SIGCONT");
    // It hears again what comes after the loss; that, too, may be lost at first.
    let later = 0;
    await eventually(async () => {
      await pair.traffic("udp,10.99.0.2,65000");
      later++;
      return tool.stdout.text.includes('"dport":65000') || undefined;
    }, "no event after the loss");
    const { events, summary } = await endOf(tool);
    assert(summary.lost > 0 && summary.gaps > 0, JSON.stringify(summary));
    assertEquals(events.length + summary.lost, made + later, JSON.stringify(summary));
  },
);

testUnless(SKIP, "NetlinkTransport says what to do without CAP_NET_ADMIN", async function () {
  for (const args of [[], ["--dump"]]) {
    const prefix = [SETPRIV, "--bounding-set=-all", "--inh-caps=-all"];
    await using tool = new Program(printTool(args), { prefix });
    const { code, stderr } = await tool.ended();
    assertEquals(code, 77);
    assertMatch(stderr, /^not permitted to .+: run as root or with CAP_NET_ADMIN\n$/);
  }
});
