/** `watch --from trace` on this kernel, against what processes say that they have done themselves. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { NetworkNamespace } from "../netns.ts";
import { eventually, Program, PYTHON, ROOT, runOther, start } from "../program.ts";
import { liveTest } from "./live.ts";

const ACTOR = `${ROOT}tests/actors/ground_truth.py`;
const INSTANCES = "/sys/kernel/tracing/instances";
const WATCH = ["watch", "--from", "trace", "--mount-tracefs", "--format", "ndjson"];

/** How many of the processes may have ended before they were read, while others keep all CPUs busy. */
const MOST_UNREAD = 0.05;

/** How often it is tried whether that few suffice: this machine may let the reader wait for a second. */
const ROUNDS = 3;

interface End {
  readonly ip: string;
  readonly port?: number;
}

/** The part of a record that is looked at. */
interface Record {
  readonly event: { readonly action: string };
  readonly source?: End & { readonly bytes?: number };
  readonly destination?: End & { readonly bytes?: number };
  readonly network?: { readonly transport?: string; readonly protocol?: string };
  readonly process?: {
    readonly pid: number;
    readonly executable: string;
    readonly args: readonly string[];
  };
  readonly connscribe: {
    readonly event?: string;
    readonly initiator?: string;
    readonly outcome?: string;
    readonly stats?: unknown;
    readonly attribution?: { readonly kind: string; readonly reason?: string };
  };
}

/** What is true of one connection. */
interface Truth {
  readonly kind: string;
  readonly pid: number;
  readonly executable: string;
  readonly argv: readonly string[];
  readonly protocol: string;
  readonly localPort: number;
  readonly remote: readonly [ip: string, port: number];
  readonly outcome: string;
}

async function watching(): Promise<Program> {
  const program = start(WATCH);
  await program.line((line) => JSON.parse(line).event.action === "coverage", "coverage");
  return program;
}

async function truths(args: readonly string[], prefix: readonly string[] = []): Promise<Truth[]> {
  const text = await runOther([...prefix, PYTHON, ACTOR, ...args]);
  return text.split("\n").filter((line) => line !== "").map((line): Truth => JSON.parse(line));
}

/** Records of connections that a local process has begun. */
function begun(program: Program): Record[] {
  return program.stdout.lines().map((line): Record => JSON.parse(line))
    .filter(({ connscribe, source }) =>
      connscribe.event !== undefined && connscribe.initiator !== "remote" && source !== undefined
    );
}

function isOf(truth: Truth, { destination, source }: Record): boolean {
  const [ip, port] = truth.remote;
  return destination?.ip === ip && (destination.port ?? 0) === port &&
    (truth.localPort === 0 || source?.port === truth.localPort);
}

/**
 * Whether a record says that its process ended before it could be read, and says of it no more than the
 * trace: a shell that lives for a millisecond is gone where the reader gets no CPU for so long.
 */
function isUnread(
  { kind, argv }: Truth,
  { process, connscribe: { attribution } }: Record,
): boolean {
  return kind === "chain" && attribution?.kind === "inferred" &&
    attribution.reason === "its process could not be read before it ended" &&
    process?.executable === argv[0] && process?.args === undefined;
}

/** What the records say wrong about a connection; "" if nothing. */
function mistake(truth: Truth, records: readonly Record[]): string {
  // A port may have been given to several of the processes, one after the other.
  const found = records.filter((record) =>
    isOf(truth, record) && record.process?.pid === truth.pid
  );
  if (found.length === 0) return "no record";
  for (const record of found) {
    const { process } = record;
    if (isUnread(truth, record)) continue;
    if (process?.executable !== truth.executable) return `executable ${process?.executable}`;
    if (process.args?.join("\0") !== truth.argv.join("\0")) return `argv ${process.args}`;
  }
  const outcomes = found.map(({ connscribe }) => connscribe.outcome);
  return outcomes.includes(truth.outcome) ? "" : `outcomes ${outcomes}`;
}

/**
 * Waits until the trace has told all; then nothing may be wrong, and nobody else may have been named.
 *
 * @returns Which part could not be read.
 */
async function assertAll(program: Program, expected: readonly Truth[]): Promise<number> {
  const wrong = () => {
    const records = begun(program);
    return expected.map((truth) => [truth, mistake(truth, records)] as const)
      .filter(([, problem]) => problem !== "");
  };
  await eventually(() => wrong().length === 0 ? true : undefined, "all records", 30_000)
    .catch(() => {});
  assertEquals(wrong(), [], `of ${expected.length}`);
  const unread = new Set<number>();
  for (const record of begun(program)) {
    const same = expected.filter((truth) => isOf(truth, record));
    const pids = same.map(({ pid }) => pid);
    const pid = record.process?.pid ?? -1;
    if (pids.length > 0) assert(pids.includes(pid), JSON.stringify(record));
    if (same.some((truth) => truth.pid === pid && isUnread(truth, record))) unread.add(pid);
  }
  return unread.size / expected.length;
}

/** Does it again while too many could not be read, each time with a trace of its own. */
async function assertMostRead(round: (program: Program) => Promise<number>): Promise<void> {
  const unread: number[] = [];
  while (unread.length < ROUNDS) {
    await using program = await watching();
    unread.push(await round(program));
    await end(program);
    if (unread.some((part) => part <= MOST_UNREAD)) return;
  }
  assert(false, `these parts could not be read: ${unread}`);
}

function instances(): string[] {
  return [...Deno.readDirSync(INSTANCES)].map(({ name }) => name)
    .filter((name) => name.startsWith("connscribe-"));
}

/** Ends the program as a user would: nothing is left in the kernel. */
async function end(program: Program): Promise<void> {
  program.signal("SIGTERM");
  const { code, stderr } = await program.ended();
  assertEquals([code, stderr], [EXIT.ok, ""]);
  assertEquals(instances().filter((name) => name.includes(String(program.pid))), []);
}

const SECTIONS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["200 processes that connect over TCP and exit", ["tcp", "200", "127.0.0.1"]],
  ["200 processes that send one UDP datagram and exit", ["udp", "200", "127.0.0.1"]],
  ["50 ICMP senders", ["icmp", "50", "127.0.1.1"]],
  ["50 processes that connect over TCP and IPv6", ["tcp", "50", "::1"]],
  ["50 processes that send one UDP datagram over IPv6", ["udp", "50", "::1"]],
  ["50 ICMPv6 senders", ["icmp", "50", "::1"]],
  ["20 threads", ["threads", "20", "127.0.0.1"]],
  ["20 refused connections", ["refused", "20", "127.0.0.1"]],
];

for (const [name, args] of SECTIONS) {
  liveTest(`trace ties each to its process: ${name}`, async () => {
    await assertMostRead(async (program) => {
      const expected = await truths(args);
      assertEquals(expected.length, Number(args[1]));
      return await assertAll(program, expected);
    });
  });
}

liveTest(
  "trace ties each to its process: 50 in another network namespace, 20 without a route",
  async () => {
    await assertMostRead(async (program) => {
      await using namespace = await NetworkNamespace.create();
      const parts: number[] = [];
      for (
        const args of [
          ["tcp", "50", "127.0.0.1"],
          ["unreachable", "20", "203.0.113.9"],
          ["unreachable", "20", "2001:db8::9"],
        ]
      ) parts.push(await assertAll(program, await truths(args, namespace.prefix)));
      return Math.max(...parts);
    });
  },
);

/** As /proc/net/netlink names it (linux/netlink.h). */
const NETLINK_SOCK_DIAG = "4";

const TRANSFERS = `${ROOT}tests/actors/transfers.py`;

/** Asserts that no end says wrong bytes; returns how many say none, for which ss had no time. */
async function assertBytes(program: Program, address: string): Promise<number> {
  await using namespace = await NetworkNamespace.create();
  // A namespace of its own has no other connections; its bytes are asked for once it has a process.
  await using _holder = new Program([...namespace.prefix, "/bin/sleep", "60"]);
  await eventually(async () => await isCounted(namespace) || undefined, "ss in the namespace");
  const text = await runOther([...namespace.prefix, PYTHON, TRANSFERS, "100", address]);
  const made = text.trim().split("\n").map((line) => JSON.parse(line));
  const ends = () =>
    program.stdout.lines().map((line): Record => JSON.parse(line))
      .filter(({ connscribe, source }) =>
        connscribe.event === "close" && made.some(({ port }) => port === source?.port)
      );
  await eventually(() => ends().length >= 200 || undefined, "200 ends");
  const all = ends();
  // Both sides say the same.
  const ports = made.flatMap(({ port }) => [port, port]);
  assertEquals(all.map(({ source }) => source?.port).toSorted(), ports.toSorted());
  const known = all.filter(({ source, destination }) =>
    source?.bytes !== undefined && destination?.bytes !== undefined
  );
  for (const { source, destination } of known) {
    const { up, down } = made.find(({ port }) => port === source?.port);
    assertEquals([source?.bytes, destination?.bytes], [up, down], `port ${source?.port}`);
  }
  return all.length - known.length;
}

for (const address of ["127.0.0.1", "::1"]) {
  liveTest(`trace knows the bytes of 100 transfers from and to ${address}`, async () => {
    const without: number[] = [];
    while (without.length < ROUNDS) {
      await using program = await watching();
      without.push(await assertBytes(program, address));
      if (without.at(-1) === 0) return await end(program);
      // Only that may keep bytes back, and it is said.
      assertStringIncludes(program.stderr.text, "No buffer space available");
    }
    assert(false, `so many ends are without bytes: ${without}`);
  });
}

/** Whether the destroyed sockets of a namespace are listened to: not yet when ss is there. */
async function isCounted(namespace: NetworkNamespace): Promise<boolean> {
  const table = await runOther([...namespace.prefix, "/bin/cat", "/proc/net/netlink"]);
  return table.split("\n").some((line) => {
    const [, family, , groups] = line.trim().split(/\s+/);
    return family === NETLINK_SOCK_DIAG && Number.parseInt(groups ?? "", 16) > 0;
  });
}
