import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { NetRow } from "../../lib/procfs/net_table.ts";
import { type Changes, mirrored, SocketMemory } from "./sockets.ts";
import { SOCKET_TABLES, type SocketTable } from "./tables.ts";
import { STATE } from "../../lib/tcp_states.ts";

function table(file: string): SocketTable {
  const found = SOCKET_TABLES.find((table) => table.file === file);
  if (found === undefined) throw new Error(`no table ${file}`);
  return found;
}

const TCP = table("tcp");
const TCP6 = table("tcp6");
const UDP = table("udp");
const LISTENER = "0100007F:1F90 00000000:0000";
const CLIENT = "0100007F:C350 0100007F:1F90";

function row(key: string, state: number, inode: number, uid = 0): NetRow {
  return { key, state, inode, uid };
}

type Seen = readonly [netns: number, table: SocketTable, row: NetRow];

function look(memory: SocketMemory, seen: readonly Seen[], unread: string[] = []): Changes {
  memory.begin();
  for (const [netns, table, row] of seen) memory.table(netns, table)(row);
  return memory.finish(new Set(unread));
}

function inodes(sockets: readonly { inode: number }[]): number[] {
  return sockets.map(({ inode }) => inode);
}

Deno.test("SocketMemory reports a socket once and forgets it when it is gone", () => {
  const memory = new SocketMemory();
  const seen: Seen[] = [[1, TCP, row(CLIENT, STATE.established, 7)]];
  assertEquals(inodes(look(memory, seen).fresh), [7]);
  const second = look(memory, seen);
  assertEquals([second.fresh.length, second.changed.length, second.ended.length], [0, 0, 0]);
  const third = look(memory, []);
  assertEquals(inodes(third.ended), [7]);
  assertEquals(memory.size, 0);
  assertEquals(look(memory, []).ended.length, 0);
});

Deno.test("SocketMemory ends a connection that enters TIME_WAIT, once", () => {
  const memory = new SocketMemory();
  look(memory, [[1, TCP, row(CLIENT, STATE.established, 7)]]);
  const waiting: Seen[] = [[1, TCP, row(CLIENT, STATE.timeWait, 0)]];
  assertEquals(inodes(look(memory, waiting).ended), [7]);
  assertEquals(look(memory, waiting).ended.length, 0);
  assertEquals(look(memory, []).ended.length, 0);
  assertEquals(memory.size, 0);
});

Deno.test("SocketMemory tells a reused tuple from the connection before it", () => {
  const memory = new SocketMemory();
  look(memory, [[1, TCP, row(CLIENT, STATE.established, 7)]]);
  const reused = look(memory, [[1, TCP, row(CLIENT, STATE.established, 8)]]);
  assertEquals(inodes(reused.ended), [7]);
  assertEquals(inodes(reused.fresh), [8]);
  look(memory, [[1, TCP, row(CLIENT, STATE.timeWait, 0)]]);
  const again = look(memory, [[1, TCP, row(CLIENT, STATE.synSent, 9)]]);
  assertEquals(again.ended.length, 0);
  assertEquals(inodes(again.fresh), [9]);
});

Deno.test("SocketMemory keeps the identity of a connection that is orphaned or accepted late", () => {
  const memory = new SocketMemory();
  look(memory, [[1, TCP, row(CLIENT, STATE.established, 0)]]);
  const accepted = look(memory, [[1, TCP, row(CLIENT, STATE.established, 7, 33)]]);
  assertEquals(accepted.fresh.length, 0);
  assertEquals(accepted.changed.map(({ inode, uid }) => [inode, uid]), [[7, 33]]);
  const orphaned = look(memory, [[1, TCP, row(CLIENT, STATE.finWait1, 0)]]);
  assertEquals(inodes(orphaned.changed), [7]);
  assertEquals(orphaned.ended.length, 0);
});

Deno.test("SocketMemory keeps listeners on one port apart by their inodes", () => {
  const memory = new SocketMemory();
  const both: Seen[] = [
    [1, TCP, row(LISTENER, STATE.listen, 5)],
    [1, TCP, row(LISTENER, STATE.listen, 6)],
  ];
  assertEquals(inodes(look(memory, both).fresh), [5, 6]);
  assertEquals(inodes(look(memory, both.slice(1)).ended), [5]);
});

Deno.test("SocketMemory keeps equal tuples on two devices apart, in whichever order they come", () => {
  const memory = new SocketMemory();
  const a: Seen = [1, TCP, row(CLIENT, STATE.established, 7)];
  const b: Seen = [1, TCP, row(CLIENT, STATE.established, 8)];
  assertEquals(inodes(look(memory, [a, b]).fresh), [7, 8]);
  for (const order of [[a, b], [b, a]]) {
    const { fresh, changed, ended } = look(memory, order);
    assertEquals([fresh.length, changed.length, ended.length], [0, 0, 0]);
  }
  assertEquals(inodes(look(memory, [b]).ended), [7]);
});

Deno.test("SocketMemory takes a row that is read twice while it is accepted for one socket", () => {
  const memory = new SocketMemory();
  const seen: Seen[] = [
    [1, TCP, row(CLIENT, STATE.established, 0)],
    [1, TCP, row(CLIENT, STATE.established, 7)],
  ];
  assertEquals(inodes(look(memory, seen).fresh), [7]);
});

Deno.test("SocketMemory does not take the protocol number of a raw socket for a port", () => {
  const memory = new SocketMemory();
  const raw = table("raw");
  const { fresh } = look(memory, [
    [1, raw, row("00000000:0001 00000000:0000", STATE.close, 5)],
    [1, raw, row("0100630A:0001 0200630A:0000", STATE.established, 6)],
  ]);
  assertEquals(fresh.map((socket) => memory.isListened(socket)), [false, false]);
});

Deno.test("SocketMemory knows listened ports by namespace and protocol", () => {
  const memory = new SocketMemory();
  const server = "0100007F:1F90 0100007F:C350";
  const { fresh } = look(memory, [
    [1, TCP, row(LISTENER, STATE.listen, 5)],
    [1, TCP, row(server, STATE.established, 6)],
    [2, TCP, row(server, STATE.established, 7)],
    [1, UDP, row(server, STATE.established, 8)],
  ]);
  const listened = fresh.filter(({ connected }) => connected).map((s) => memory.isListened(s));
  assertEquals(listened, [true, false, false]);
});

Deno.test("SocketMemory finds the far end, mapped or in another namespace, and only while it is there", () => {
  const memory = new SocketMemory();
  const mapped = "0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:C350";
  const { fresh } = look(memory, [
    [1, TCP, row(CLIENT, STATE.established, 5)],
    [2, TCP6, row(mapped, STATE.established, 6)],
  ]);
  assertEquals(fresh.map((socket) => memory.hasMirror(socket)), [true, true]);
  look(memory, [[1, TCP, row(CLIENT, STATE.established, 5)]]);
  assertEquals(fresh.map((socket) => memory.hasMirror(socket)), [false, true]);
});

Deno.test("SocketMemory does not end sockets of a namespace that could not be read", () => {
  const memory = new SocketMemory();
  look(memory, [[1, TCP, row(CLIENT, STATE.established, 5)], [2, TCP, row(CLIENT, 1, 6)]]);
  assertEquals(inodes(look(memory, [], ["1/tcp"]).ended), [6]);
  assertEquals(memory.size, 1);
});

Deno.test("mirrored swaps the ends", () => {
  assertEquals(mirrored(CLIENT), "0100007F:1F90 0100007F:C350");
});

Deno.test("SocketMemory opens every socket once and ends it at most once, whatever the tables show", () => {
  const seen = fc.tuple(
    fc.constantFrom(1, 2),
    fc.constantFrom(TCP, UDP),
    fc.constantFrom(CLIENT, LISTENER, "0100007F:0016 0200007F:0017"),
    fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 10),
    fc.integer({ min: 0, max: 3 }),
  );
  fc.assert(
    fc.property(fc.array(fc.array(seen, { maxLength: 6 }), { maxLength: 12 }), (looks) => {
      const memory = new SocketMemory();
      const open = new Set<object>();
      for (const rows of [...looks, []]) {
        const changes = look(
          memory,
          rows.map(([netns, table, key, state, inode]) => [netns, table, row(key, state, inode)]),
        );
        // What is over and did not end in this look was in TIME_WAIT at first sight.
        const ended = new Set(changes.ended);
        for (const socket of changes.fresh) {
          if (!socket.over || ended.has(socket)) open.add(socket);
        }
        for (const socket of changes.ended) assertEquals(open.delete(socket), true);
      }
      assertEquals(open.size, 0);
      assertEquals(memory.size, 0);
    }),
    { numRuns: 500 },
  );
});

Deno.test("SocketMemory counts what it has no room for, in each look, and takes others in when there is", () => {
  const memory = new SocketMemory(2);
  const seen = [1, 2, 3].map((inode): Seen => [
    1,
    UDP,
    row(LISTENER, STATE.close, inode),
  ]);
  assertEquals(inodes(look(memory, seen).fresh), [1, 2]);
  assertEquals([memory.size, memory.unkept], [2, 1]);
  assertEquals(inodes(look(memory, seen.slice(1)).fresh), []);
  assertEquals([memory.size, memory.unkept], [1, 1]);
  assertEquals(inodes(look(memory, seen.slice(1)).fresh), [3]);
  assertEquals([memory.size, memory.unkept], [2, 0]);
});
