import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ProcessIdentity } from "../../../lib/connection.ts";
import { LocalAddresses } from "../../../lib/procfs/addresses.ts";
import { socketTable } from "../../../tests/fake_procfs.ts";
import { Look, type SocketRow } from "./look.ts";
import { SocketPast } from "./past.ts";

const SECOND = 1_000_000;
const START = 1_795_226_380 * SECOND;
const [LOCAL, REMOTE] = [["10.0.0.1", 4000], ["10.0.0.2", 80]] as const;
const KEY = { file: "tcp", key: "0100000A:0FA0 0200000A:0050" };

function process(pid: number): ProcessIdentity {
  return { pid, start: 0, name: "p", entityId: `entity ${pid}` };
}

/** A namespace whose one connection has that inode; none where it is 0. */
function namespace(inode: number) {
  const rows = inode === 0 ? [] : [{ local: LOCAL, remote: REMOTE, state: 1, inode }];
  const table = () => new TextEncoder().encode(socketTable(rows));
  return { inode: 1, addresses: new LocalAddresses(), table };
}

/** One look; remembers for its socket the process with that number, 0 for none. */
function look(past: SocketPast, time: number, inode: number, pid: number): readonly SocketRow[] {
  const view = new Look(time);
  const rows = view.rows(namespace(inode), KEY);
  const fresh = past.note(view);
  for (const row of rows) past.learn(row, pid === 0 ? undefined : process(pid));
  return fresh;
}

function holder(past: SocketPast, start: number | undefined): number | undefined {
  return past.at(start).rows(namespace(0), KEY)[0]?.process?.pid;
}

Deno.test("SocketPast is certain of a socket that was seen after the flow began", () => {
  const past = new SocketPast();
  look(past, START, 700, 71);
  assertEquals(holder(past, START - 1), 71);
  assertEquals(holder(past, START), 71);
  assertEquals(holder(past, START + 1), undefined);
  assertEquals(holder(past, undefined), undefined);
  look(past, START + 100, 700, 71);
  assertEquals(holder(past, START + 1), 71);
});

Deno.test("SocketPast is certain of nobody while two processes have had the tuple", () => {
  const past = new SocketPast();
  look(past, START, 700, 71);
  look(past, START + 100, 701, 72);
  assertEquals(holder(past, START), undefined);
  assertEquals(holder(past, START + 1), 72);
  look(past, START + 200, 702, 0);
  assertEquals(holder(past, START + 150), undefined);
});

Deno.test("SocketPast forgets what it has not seen for some seconds", () => {
  const past = new SocketPast();
  look(past, START, 700, 71);
  for (let i = 1; i <= 12; i++) look(past, START + i * SECOND, 0, 0);
  assertEquals(holder(past, START - 1), undefined);
});

Deno.test("SocketPast is certain of nothing before the time that it remembers", () => {
  const past = new SocketPast();
  look(past, START, 701, 72);
  for (let i = 1; i <= 12; i++) look(past, START + i * SECOND, 0, 0);
  look(past, START + 13 * SECOND, 700, 71);
  assertEquals(holder(past, START - 1), undefined);
  assertEquals(holder(past, START + 12 * SECOND), 71);
});

Deno.test("SocketPast tells which sockets are new, if it has looked a moment ago", () => {
  const past = new SocketPast();
  assertEquals(look(past, START, 700, 71).length, 0);
  assertEquals(look(past, START + 1000, 700, 71).length, 0);
  assertEquals(look(past, START + 2000, 701, 71).map(({ inode }) => inode), [701]);
  assertEquals(look(past, START + 2 * SECOND, 702, 71).length, 0);
});

Deno.test("SocketPast never names a process that did not have the tuple after the flow began", () => {
  const step = fc.record({
    pause: fc.integer({ min: 1, max: 4 * SECOND }),
    inode: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(20 * SECOND), (steps, offset) => {
      const past = new SocketPast();
      const seen: { time: number; inode: number }[] = [];
      let time = START;
      for (const { pause, inode } of steps) {
        time += pause;
        look(past, time, inode, inode);
        if (inode !== 0) seen.push({ time, inode });
      }
      const start = START + offset;
      const since = new Set(seen.filter((look) => look.time >= start).map(({ inode }) => inode));
      const pid = holder(past, start);
      if (pid !== undefined) assertEquals([...since], [pid]);
    }),
    { numRuns: 500 },
  );
});
