/** The conntrack child, the check whether tracking works, and its activation, on this kernel. */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { activateTracking } from "../../collectors/conntrack/activation.ts";
import type { ConntrackChild } from "../../collectors/conntrack/child.ts";
import { CONNTRACK_PATHS, NFT_PATHS } from "../../collectors/registry.ts";
import { FakePrograms } from "../../collectors/conntrack/child_test_tools.ts";
import type { FlowEvent } from "../../collectors/conntrack/flow.ts";
import { TrackingCheck, type TrackingFinding } from "../../collectors/conntrack/tracking.ts";
import { realSystem } from "../../lib/system.ts";
import { NetworkNamespace } from "../netns.ts";
import { eventually, PYTHON, runOther } from "../program.ts";
import { missing, testUnless } from "../skip.ts";

const [CONNTRACK] = CONNTRACK_PATHS;
const [NFT] = NFT_PATHS;
const FIRST_PORT = 10_000;

function reasonToSkip(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  if (Deno.uid() !== 0) return "needs root";
  return missing([PYTHON, "/usr/bin/nsenter", CONNTRACK, NFT]);
}

const SKIP = reasonToSkip();

const RULE = "add table inet test { chain tracking { ct state new; }; }";

/** One datagram to each of so many ports of the loopback address. */
const DATAGRAMS = `
import socket, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for port in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2])):
    try: sender.sendto(b"x", ("127.0.0.1", port))
    except ConnectionRefusedError: sender.sendto(b"x", ("127.0.0.1", port))
`;

/** Connects to itself over loopback. */
const CONNECT = `
import socket, sys
family, host = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")][sys.argv[1] == "6"]
listener = socket.create_server((host, 0), family=family)
socket.create_connection(listener.getsockname()[:2]).close()
`;

function socketInodes(pid: number): number[] {
  const inodes: number[] = [];
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(`/proc/${pid}/fd/${name}`)) ??
        [];
      if (inode !== undefined) inodes.push(Number(inode));
    }
  } catch {
    // It has ended.
  }
  return inodes;
}

function netlinkTable(pid: number): Uint8Array | undefined {
  try {
    return Deno.readFileSync(`/proc/${pid}/net/netlink`);
  } catch {
    return undefined;
  }
}

/** A network namespace with programs that run in it. */
class Place implements AsyncDisposable {
  readonly fakes = new FakePrograms();
  readonly transport: ConntrackChild;
  readonly nft: string;

  private constructor(readonly namespace: NetworkNamespace) {
    this.nft = this.fakes.script(this.#inside(NFT), "nft");
    this.transport = this.fakes.transport(this.#inside(CONNTRACK), {
      system: realSystem(),
      files: { netlinkTable, socketInodes },
    });
  }

  static async create(): Promise<Place> {
    return new Place(await NetworkNamespace.create());
  }

  #inside(program: string): string {
    return `exec ${this.namespace.prefix.join(" ")} ${program} "$@"`;
  }

  async run(...words: readonly string[]): Promise<string> {
    return await runOther([...this.namespace.prefix, ...words]);
  }

  async datagrams(first: number, count: number): Promise<void> {
    await this.run(PYTHON, "-I", "-c", DATAGRAMS, `${first}`, `${count}`);
  }

  /** Process id of the conntrack that listens now. */
  listener(): number | undefined {
    if (!this.transport.listening) return undefined;
    const pids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name));
    return pids.find((pid) => {
      try {
        return pid > 0 && Deno.readTextFileSync(`/proc/${pid}/comm`) === "conntrack\n" &&
          Deno.statSync(`/proc/${pid}/ns/net`).ino === this.namespace.inode;
      } catch {
        return false;
      }
    });
  }

  check(watched: boolean, see?: (check: TrackingCheck) => void): Promise<TrackingFinding> {
    const check = new TrackingCheck({
      system: realSystem(),
      sysctl: (name) => {
        const { success, stdout } = new Deno.Command("nsenter", {
          args: [`--net=${this.namespace.path}`, "cat", `/proc/sys/net/netfilter/${name}`],
          stderr: "null",
        }).outputSync();
        return success ? Number(new TextDecoder().decode(stdout)) : undefined;
      },
      watched,
      listen: (ipVersion) => ({
        port: 0,
        connect: async () => void await this.run(PYTHON, "-I", "-c", CONNECT, `${ipVersion}`),
        close: () => {},
      }),
    });
    see?.(check);
    return check.run(new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _namespace = this.namespace;
    await this.fakes[Symbol.asyncDispose]();
  }
}

/** Reads the events of a place while a test is on. */
class Reading implements AsyncDisposable {
  readonly stop = new AbortController();
  readonly events: FlowEvent[] = [];
  readonly #end: Promise<void>;

  constructor(transport: ConntrackChild, see: (batch: FlowEvent[]) => void = () => {}) {
    this.#end = this.#read(transport, see);
  }

  async #read(transport: ConntrackChild, see: (batch: FlowEvent[]) => void): Promise<void> {
    for await (const batch of transport.events(this.stop.signal)) {
      this.events.push(...batch);
      see(batch);
    }
  }

  /** Destination ports of the flows that have begun. */
  begun(): number[] {
    return this.events.filter(({ event }) => event === "new").map(({ original }) =>
      original.dport ?? -1
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.#end;
  }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

testUnless(SKIP, "ConntrackChild reads every flow or counts it as lost", async () => {
  await using place = await Place.create();
  const { transport } = place;
  await place.run(NFT, RULE);
  await using reading = new Reading(transport);
  const pid = await eventually(() => place.listener(), "conntrack listens");
  const account = () => reading.begun().length + (transport.lost() ?? NaN);

  await place.datagrams(FIRST_PORT, 2000);
  await eventually(() => account() === 2000 || undefined, "2,000 flows");

  const before = transport.lost() ?? NaN;
  Deno.kill(pid, "SIGSTOP");
  try {
    await place.datagrams(FIRST_PORT + 2000, 2000);
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
  await eventually(() => account() === 4000 || undefined, "4,000 flows");
  assertGreater(transport.lost() ?? NaN, before + 1000);
  await eventually(() => transport.gaps > 0 || undefined, "the warning");

  // Of what was lost, the table still knows.
  const listed = (await transport.dump()).map(({ original }) => original.dport ?? -1);
  assertEquals(listed.sort((a, b) => a - b), range(FIRST_PORT, 4000));
  assertEquals(transport.dropped, {});
});

testUnless(
  SKIP,
  "ConntrackChild goes on when conntrack is killed, and leaves none behind",
  async () => {
    await using place = await Place.create();
    const { transport, fakes } = place;
    await place.run(NFT, RULE);
    let second: number | undefined;
    {
      await using reading = new Reading(transport);
      const first = await eventually(() => place.listener(), "conntrack listens");
      await place.datagrams(FIRST_PORT, 10);
      await eventually(() => reading.begun().length === 10 || undefined, "10 flows");
      Deno.kill(first, "SIGKILL");
      second = await eventually(() => {
        const pid = place.listener();
        return pid === first ? undefined : pid;
      }, "another conntrack listens");
      await place.datagrams(FIRST_PORT + 10, 10);
      await eventually(() => reading.begun().length === 20 || undefined, "20 flows");
      assertEquals(reading.begun(), range(FIRST_PORT, 20));
      assertEquals(fakes.reports, [
        "conntrack gave 10 events and was ended by SIGKILL; trying again in 0.1 s",
      ]);
      assertEquals(transport.gaps, 1);
    }
    assert(second);
    assertEquals(place.listener(), undefined);
  },
);

testUnless(SKIP, "ConntrackChild reads the times of the kernel as they are", async () => {
  await using place = await Place.create();
  await place.run(NFT, RULE);
  await place.run("sysctl", "-qw", "net.netfilter.nf_conntrack_timestamp=1");
  await using reading = new Reading(place.transport);
  await eventually(() => place.listener(), "conntrack listens");
  const began = Date.now() * 1000;
  await place.datagrams(FIRST_PORT, 1);
  await place.run(CONNTRACK, "-D", "-p", "udp");
  const end = await eventually(
    () => reading.events.find(({ event }) => event === "destroy"),
    "the end of the flow",
  );
  const hour = 3_600_000_000;
  for (const time of [end.start, end.stop, end.timestampUs]) {
    assert(time !== undefined && Math.abs(time - began) < hour / 4, `${time} is not near ${began}`);
  }
});

testUnless(SKIP, "activateTracking makes tracking active, and takes back just that", async () => {
  await using place = await Place.create();
  const { fakes, nft } = place;
  const dead = "connscribe_4294967295";
  await place.run(NFT, `add table inet ${dead} { chain other { accept; }; }; add table inet mine`);
  assertEquals((await place.check(false)).state, "inactive");
  await using reading = new Reading(place.transport);
  await eventually(() => place.listener(), "conntrack listens");
  {
    await using activation = await activateTracking({
      system: fakes.system,
      programs: [nft],
      pid: Deno.pid,
      alive: () => false,
      report: (_level, message) => fakes.reports.push(message),
    });
    assertEquals(activation.table, `connscribe_${Deno.pid}`);
    assertEquals(
      await place.run(NFT, "list", "tables"),
      `table inet mine\ntable inet ${activation.table}\n`,
    );
    const finding = await place.check(false);
    assertEquals([finding.state, finding.misses.length], ["active", 2]);
    assertStringIncludes(finding.misses.join(), "bytes and packets");
    await eventually(() => reading.events.length >= 2 || undefined, "events of both versions");
  }
  assertEquals(await place.run(NFT, "list", "tables"), "table inet mine\n");
  assertStringIncludes(fakes.reports.join("\n"), `removed the nftables table "${dead}"`);
});

testUnless(SKIP, "TrackingCheck finds what the kernel does not do", async () => {
  await using place = await Place.create();
  await place.run("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1");
  await place.run("sysctl", "-qw", "net.netfilter.nf_conntrack_timestamp=1");
  let check: TrackingCheck | undefined;
  await using _reading = new Reading(place.transport, (batch) => check?.see(batch));
  await eventually(() => place.listener(), "conntrack listens");
  const find = () => place.check(true, (now) => check = now);

  assertEquals((await find()).state, "inactive");
  await place.run(NFT, "add table ip test { chain tracking { ct state new; }; }");
  const half = await find();
  assertEquals(half.state, "active");
  assertEquals(half.misses, ["IPv6 connections: one over loopback was not tracked"]);
  await place.run(NFT, RULE);
  const whole = await find();
  assertEquals([whole.state, whole.misses], ["active", []]);
  await place.run(NFT, "flush ruleset");
  assertEquals((await find()).state, "unknown");
  await place.run("sysctl", "-qw", "net.netfilter.nf_conntrack_events=0");
  assertEquals((await find()).state, "events-off");
});
