import { assert, assertEquals } from "@std/assert";
import { FakeProcfs, FIRST_NETNS } from "../../tests/fake_procfs.ts";
import { ProcFs } from "../../lib/procfs/procfs.ts";
import { realSystem } from "../../lib/system.ts";
import { FakeSocket, SOFTIRQ } from "./bytes/tcp_bytes_test_tools.ts";
import { TcpBytes } from "./bytes/tcp_bytes.ts";
import type { RouteEvent, StateEvent, TraceEvent } from "./event.ts";
import type { Happening } from "./happening.ts";
import { ProcessTable } from "./processes.ts";
import { TraceTables } from "./tables.ts";
import { endsText } from "./tcp_seeds.ts";

/** Process of the events of {@linkcode FakeSocket}. */
const PID = 7;

/** Gives tables over a fake host with one process. */
async function withTables(use: (tables: TraceTables) => void): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    new FakeProcfs(root).addProcess({ pid: PID, comm: "curl", startTicks: 0 });
    const system = { ...realSystem(), now: () => 0 };
    const processes = new ProcessTable(new ProcFs(system, root, () => {}), system, "host");
    use(new TraceTables(processes, 30_000));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** In short: `EVENT PROTOCOL:PORT BYTES_IN/BYTES_OUT PID`. */
function lines(happenings: readonly Happening[]): string[] {
  return happenings.map(({ event, protocolNumber, local, bytesIn, bytesOut, owner }) =>
    [
      event,
      `${protocolNumber}:${local.port}`,
      `${bytesIn ?? "-"}/${bytesOut ?? "-"}`,
      owner.process?.pid ?? "?",
    ].join(" ")
  );
}

/** Nothing is lost unless it is told otherwise. */
function take(
  tables: TraceTables,
  events: readonly TraceEvent[],
  horizon: number,
  { lost = 0, now = horizon }: { readonly lost?: number; readonly now?: number } = {},
): Happening[] {
  return tables.take(events, { horizon, lost, now });
}

/** Opened here and closed by the peer first. */
function life(socket: FakeSocket, at = 10): TraceEvent[] {
  return [
    socket.state(at, 7, 2),
    socket.state(at + 1, 2, 1, SOFTIRQ),
    socket.state(at + 2, 1, 8, SOFTIRQ),
    socket.state(at + 3, 8, 9),
    socket.state(at + 4, 9, 7, SOFTIRQ),
    socket.destroy(at + 4, SOFTIRQ),
  ];
}

/** A datagram of the process. */
function datagram(at: number, port: number, protocol = 17): RouteEvent {
  const boot = at * 1000;
  return {
    type: "route",
    time: boot,
    boot,
    tid: PID,
    interrupted: false,
    protocol,
    table: 254,
    error: 0,
    local: { ip: "0.0.0.0", port },
    remote: { ip: "10.0.0.9", port: 53 },
    ipVersion: 4,
  };
}

/** Time up to which all was seen, microseconds: some time after an event. */
function later(at: number): number {
  return (at + 50) * 1000;
}

Deno.test("TraceTables tells what has happened, with its process", () =>
  withTables((tables) => {
    const events = [...life(new FakeSocket(1)), datagram(20, 5000)];
    assertEquals(lines(take(tables, events, later(20))), [
      "open 6:4000 -/- 7",
      "close 6:4000 -/- 7",
      "open 17:5000 -/- 7",
    ]);
    assertEquals(lines(take(tables, [], later(31_000))), ["close 17:5000 -/- 7"]);
  }));

Deno.test("TraceTables tells of a connect that waits with the port of its second SYN, and in its place", () =>
  withTables((tables) => {
    const connect = new FakeSocket(1).state(10, 7, 2);
    const { socket, ipVersion, local, remote } = connect;
    const again = (at: number): TraceEvent => {
      const head = { time: at * 1000, boot: at * 1000, tid: 0, interrupted: true };
      return { ...head, type: "retransmit", socket, ipVersion, local, remote };
    };
    const events = [connect, again(1040), datagram(1041, 5000), again(2060), datagram(2070, 5001)];
    assertEquals(lines(take(tables, events, later(2070))), [
      "open 6:4000 -/- 7",
      "open 17:5000 -/- 7",
      "open 17:5001 -/- 7",
    ]);
  }));

Deno.test("TraceTables knows a process from the event on in which it begins", () =>
  withTables((tables) => {
    const socket = new FakeSocket(1);
    const head = { time: 10_000, boot: 10_000, tid: PID, interrupted: false };
    const fork: TraceEvent = { ...head, type: "fork", child: 99, thread: true, comm: "worker" };
    const [connect, ...rest] = life(socket);
    if (connect === undefined) throw new Error();
    const taken = take(tables, [fork, { ...connect, tid: 99 }, ...rest], later(20));
    assertEquals(lines(taken), ["open 6:4000 -/- 7", "close 6:4000 -/- 7"]);
  }));

Deno.test("TraceTables holds an end back for its bytes, and tells it after its beginning", () =>
  withTables((tables) => {
    const socket = new FakeSocket(1);
    const bytes = tables.bytes = new TcpBytes();
    // ss is faster than the trace is read.
    bytes.line(socket.line(), 14);
    const first = take(tables, life(socket), later(14));
    assertEquals(lines(first), ["open 6:4000 -/- 7", "close 6:4000 7/1001 7"]);

    const next = new FakeSocket(1, 2);
    assertEquals(lines(take(tables, life(next, 100), later(104))), ["open 6:4000 -/- 7"]);
    bytes.line(next.line(), 160);
    assertEquals(lines(take(tables, [], later(160))), ["close 6:4000 7/1002 7"]);
  }));

Deno.test("TraceTables waits half a second of the trace, however far behind it is", () =>
  withTables((tables) => {
    tables.bytes = new TcpBytes();
    const socket = new FakeSocket(1);
    assertEquals(lines(take(tables, life(socket), 20_000)), ["open 6:4000 -/- 7"]);
    assertEquals(take(tables, [], 513_000), []);
    assertEquals(lines(take(tables, [], 520_000)), ["close 6:4000 -/- 7"]);
  }));

Deno.test("TraceTables tells an end whose reason comes later with its bytes", () =>
  withTables((tables) => {
    const socket = new FakeSocket(1);
    const bytes = tables.bytes = new TcpBytes();
    const [connect, established] = life(socket);
    if (connect === undefined || established === undefined) throw new Error();
    const reset = [socket.state(12, 1, 7), socket.reset(12, true), socket.destroy(12)];
    bytes.line(socket.line(), 12);
    const taken = take(tables, [connect, established, ...reset], later(12));
    assertEquals(taken.map(({ outcome }) => outcome), ["established", "reset"]);
    assertEquals(lines(taken), ["open 6:4000 -/- 7", "close 6:4000 8/1001 7"]);
  }));

/** Reset by nobody knows whom: the reason is waited for. */
function broken(socket: FakeSocket, at = 10): TraceEvent[] {
  return [...life(socket, at).slice(0, 2), socket.state(at + 2, 1, 7), socket.destroy(at + 2)];
}

Deno.test("TraceTables gives a connection its own bytes where its socket begins anew at once", () => {
  const begins = (socket: FakeSocket): [string, StateEvent][] => [
    ["connects", socket.state(13, 7, 2)],
    ["is accepted", socket.state(13, 10, 3, SOFTIRQ)],
    ["listens", socket.state(13, 7, 10)],
  ];
  return Promise.all(
    begins(new FakeSocket(1, 2, 4001)).map(([what, event]) =>
      withTables((tables) => {
        const socket = new FakeSocket(1);
        const bytes = tables.bytes = new TcpBytes();
        bytes.line(socket.line(), 12);
        const taken = take(tables, [...broken(socket), event], later(20));
        const ends = taken.filter(({ event }) => event === "close");
        assertEquals(lines(ends), ["close 6:4000 8/1001 7"], what);
      })
    ),
  ).then(() => {});
});

Deno.test("TraceTables does not wait for what may be lost, and doubts who a thread is meanwhile", () =>
  withTables((tables) => {
    const [first, second, third, fourth] = [1, 2, 3, 4].map((n) => new FakeSocket(n, n, 4000 + n));
    if (!first || !second || !third || !fourth) throw new Error("there are four");
    const opening = take(tables, broken(first), 12_500);
    assertEquals(lines(opening), ["open 6:4001 -/- 7"]);
    assertEquals(opening[0]?.owner.attribution, "exact");
    assertEquals([take(tables, [], 12_600), tables.isBroken], [[], false]);

    // Events until 30 ms may be missing; the end of before waits for none of them.
    const during = take(tables, life(second, 14), 20_000, { lost: 3, now: 30_000 });
    assertEquals(lines(during.slice(0, 1)), ["close 6:4001 -/- 7"]);
    assertEquals(during.slice(1).map(({ event }) => event), ["open", "close"]);
    const { attribution, attributionReason } = during[1]?.owner ?? {};
    assertEquals([attribution, attributionReason], [
      "inferred",
      "events of the trace were lost at that time",
    ]);
    assertEquals(tables.isBroken, false);
    take(tables, life(third, 22), 31_000, { lost: 3 });
    assertEquals(tables.isBroken, true);
    const after = take(tables, broken(fourth, 40), 42_500, { lost: 3 });
    assertEquals(lines(after), ["open 6:4004 -/- 7"]);
    assertEquals(take(tables, [], 42_600, { lost: 3 }), []);
  }));

Deno.test("TraceTables doubts who makes a thread that begins while events are lost", () =>
  withTables((tables) => {
    const head = { time: 13_000, boot: 13_000, tid: PID, interrupted: false };
    const exec: TraceEvent = {
      ...head,
      type: "exec",
      pid: PID,
      oldPid: PID,
      filename: "/usr/bin/curl",
    };
    const events = [exec, ...life(new FakeSocket(1), 14)];
    const [open] = take(tables, events, 20_000, { lost: 1, now: 30_000 });
    assert(open?.owner.attribution !== "exact");
    assertEquals(open?.owner.process?.pid, PID);
  }));

Deno.test("TraceTables ends what has ended unseen, once events were lost", () =>
  withTables((tables) => {
    const bytes = tables.bytes = new TcpBytes();
    const [gone, still] = [1, 2].map((n) => new FakeSocket(n, n, 4000 + n));
    if (!gone || !still) throw new Error("there are two");
    const events = [...life(gone).slice(0, 2), ...life(still).slice(0, 2)];
    take(tables, events.sort((a, b) => a.boot - b.boot), later(11));
    take(tables, [], 100_000, { lost: 1 });
    assertEquals([tables.isBroken, bytes.size], [true, 0]);
    const open = new Set([endsText(6, still.end(0).local, { ip: "10.0.0.2", port: 80 })]);
    const place = { time: 1, boot: 9_000_000 };
    const namespaces = new Set([FIRST_NETNS]);
    assertEquals(tables.reconcile({ open, namespaces: new Set([FIRST_NETNS + 1]) }, place), []);
    const ended = tables.reconcile({ open, namespaces }, place);
    assertEquals(lines(ended), ["close 6:4001 -/- 7"]);
    assertEquals(tables.isBroken, false);
    assertEquals(tables.reconcile({ open, namespaces }, place), []);
  }));

Deno.test("TraceTables tells at the end all that waits, with the bytes that are there", () =>
  withTables((tables) => {
    const [held, waiting, silent] = [1, 2, 3].map((n) => new FakeSocket(n, n, 4000 + n));
    if (held === undefined || waiting === undefined || silent === undefined) throw new Error();
    const bytes = tables.bytes = new TcpBytes();
    const events = [...life(silent), ...broken(waiting), ...life(held), datagram(14, 5000)]
      .sort((a, b) => a.boot - b.boot);
    assertEquals(lines(take(tables, events, 14_500)), [
      "open 6:4003 -/- 7",
      "open 6:4002 -/- 7",
      "open 6:4001 -/- 7",
    ]);
    bytes.line(held.line(), 15);
    bytes.line(waiting.line(), 15);
    assertEquals(lines(tables.end()).sort(), [
      "close 6:4001 7/1001 7",
      "close 6:4002 8/1002 7",
      "close 6:4003 -/- 7",
      "open 17:5000 -/- 7",
    ]);
    assertEquals(tables.end(), []);
  }));

Deno.test("TraceTables loses no end where there are no bytes to come any more", () =>
  withTables((tables) => {
    const bytes = tables.bytes = new TcpBytes();
    assertEquals(lines(take(tables, life(new FakeSocket(1)), later(14))), ["open 6:4000 -/- 7"]);
    tables.bytes = bytes;
    assertEquals(take(tables, [], later(15)), []);
    tables.bytes = undefined;
    assertEquals(lines(take(tables, [], later(16))), ["close 6:4000 -/- 7"]);
    const next = take(tables, life(new FakeSocket(2, 2, 4001), 100), later(104));
    assertEquals(lines(next), ["open 6:4001 -/- 7", "close 6:4001 -/- 7"]);
  }));

Deno.test("TraceTables gives errors to those whose protocol it is", () =>
  withTables((tables) => {
    const remote = { ip: "10.0.0.9", port: 53 };
    const local = { ip: "0.0.0.0", port: 5000 };
    const refused: TraceEvent = {
      ...new FakeSocket(1).error(25, 111, SOFTIRQ),
      protocol: 17,
      local,
      remote,
    };
    take(tables, [datagram(20, 5000), refused], later(25));
    const [end] = take(tables, [], later(31_000));
    assertEquals([end?.event, end?.outcome], ["close", "refused"]);

    const socket = new FakeSocket(2);
    const events = [
      socket.state(40_000, 7, 2),
      socket.state(40_001, 2, 7, SOFTIRQ),
      socket.error(40_001, 111, SOFTIRQ),
    ];
    const [failed] = take(tables, events, later(40_001));
    assertEquals([failed?.event, failed?.outcome], ["close", "refused"]);
  }));

Deno.test("TraceTables gives lookups to those whose protocol it is", () =>
  withTables((tables) => {
    const lookup = { ...datagram(10, 0, 6), error: -101 };
    const [failed] = [...take(tables, [lookup], later(10)), ...take(tables, [], later(5000))];
    assertEquals([failed?.event, failed?.protocolNumber, failed?.outcome], [
      "close",
      6,
      "unreachable",
    ]);
    assertEquals(tables.datagrams.size, 0);
    take(tables, [datagram(6000, 5000)], later(6000));
    assertEquals(tables.datagrams.size, 1);
  }));
