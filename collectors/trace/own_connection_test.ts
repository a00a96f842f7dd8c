import { assert, assertEquals } from "@std/assert";
import { realSystem } from "../../lib/system.ts";
import type { Happening, Owner } from "./happening.ts";
import { OwnConnection, ownPid } from "./own_connection.ts";

const system = realSystem();
const SELF = ownedBy(Deno.pid);

function ownedBy(pid: number): Owner {
  return { process: { pid, start: 1, name: "x", entityId: "e" }, attribution: "exact" };
}

/** What became of a connection that was made at `start`. */
function happening(
  start: number | undefined,
  local: number,
  remote: number | undefined,
  { owner = SELF, protocolNumber = 6 }: { owner?: Owner; protocolNumber?: number } = {},
): Happening {
  return {
    event: remote === undefined ? "listen" : "open",
    time: start ?? 0,
    ...(start !== undefined && { start }),
    key: "k",
    protocolNumber,
    ipVersion: 4,
    local: { ip: "127.0.0.1", port: local },
    ...(remote !== undefined && { remote: { ip: "127.0.0.1", port: remote } }),
    outcome: "established",
    owner,
  };
}

/** Makes a connection, and finds out its port among all there are. */
async function made(pid: number = Deno.pid) {
  const own = new OwnConnection(pid);
  const start = system.now();
  assert(await own.make(() => system.now(), AbortSignal.timeout(60_000)));
  const all = Array.from({ length: 65_535 }, (_, i) => happening(start, i + 1, undefined));
  const kept = new Set(own.others(all).map(({ local }) => local.port));
  const ports = all.map(({ local }) => local.port).filter((port) => !kept.has(port));
  assertEquals(ports.length, 1);
  return { own, start, port: ports[0] ?? 0 };
}

Deno.test("OwnConnection takes out both ends of its connection and its listener", async () => {
  const { own, start, port } = await made();
  // A listener says nothing of connections.
  assertEquals([own.seen, own.problem()?.reason], [
    false,
    "the kernel's trace does not show a connection of our own",
  ]);
  assertEquals(own.others([happening(start, port, 4000), happening(start, 4000, port)]), []);
  assertEquals([own.seen, own.problem()], [true, undefined]);
});

Deno.test("OwnConnection leaves what others do, in its order", async () => {
  const { own, start, port } = await made();
  const others = [
    happening(start, 4000, 80),
    happening(start, 4000, port, { protocolNumber: 17 }),
    // Others have the port before, and later.
    happening(undefined, 4000, port),
    happening(start - 60_000_000, 4000, port),
    happening(system.now() + 60_000_000, port, 4000),
  ];
  assertEquals(own.others(others), others);
  assertEquals(own.seen, false);
});

Deno.test("OwnConnection knows whether the trace ties it to this process", async () => {
  const { own, start, port } = await made(4711);
  own.others([happening(start, 4000, port)]);
  assertEquals([own.seen, own.problem()?.reason], [
    true,
    "the kernel's trace has other process ids than the proc file system",
  ]);
  own.others([happening(start, port, 4000, { owner: { attribution: "none" } })]);
  assertEquals(own.problem() === undefined, false);
  // One end of it is enough.
  own.others([happening(start, port, 4000, { owner: ownedBy(4711) })]);
  assertEquals(own.problem(), undefined);
  own.others([happening(start, 4000, port)]);
  assertEquals(own.problem(), undefined);
});

Deno.test("OwnConnection is looked for until it is seen, for a bounded time, where it was made", async () => {
  const { own, start, port } = await made();
  const waits: number[] = [];
  const sleep = (ms: number) => Promise.resolve(void waits.push(ms));
  const never = new AbortController().signal;
  const looks = async (until: OwnConnection, isEnough = true) => {
    let count = 0;
    await until.seek(sleep, never, () => {
      if (++count === 3) own.others([happening(start, port, 4000)]);
      return Promise.resolve(isEnough);
    });
    return count;
  };
  assertEquals([await looks(own), waits.length], [3, 2]);
  assertEquals([await looks(own), await looks(own, false)], [1, 400]);
  const none = new OwnConnection(1);
  assertEquals([await looks(none), none.problem()], [1, undefined]);
  let isAsked = false;
  await own.seek(sleep, AbortSignal.abort(), () => Promise.resolve(isAsked = true));
  assertEquals(isAsked, false);
});

Deno.test("OwnConnection is not missed where events were lost", async () => {
  const { own } = await made();
  assertEquals([own.problem() === undefined, own.problem(1)], [false, undefined]);
});

Deno.test("OwnConnection takes nothing out before it is made", () => {
  const own = new OwnConnection(1);
  const happenings = [happening(0, 1, 2)];
  assertEquals(own.others(happenings), happenings);
  assertEquals(own.seen, false);
});

Deno.test("OwnConnection makes none once it is told to stop", async () => {
  const own = new OwnConnection(1);
  assertEquals(await own.make(() => system.now(), AbortSignal.abort()), false);
});

Deno.test("ownPid is the one that the proc file system gives", () => {
  assertEquals(ownPid(system, "/proc"), Deno.pid);
  assertEquals(
    ownPid({ readLink: (path) => path === "/host/proc/self" ? "7" : "" }, "/host/proc"),
    7,
  );
  assertEquals(ownPid(system, "/nonexistent"), NaN);
});
