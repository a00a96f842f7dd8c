import { assert, assertEquals } from "@std/assert";
import type { Happening } from "./happening.ts";
import { TcpTable } from "./tcp.ts";
import { end, EPOCH, line, linesOf, ownerOf, OWNERS, run, script } from "./tcp_test_tools.ts";

const SERVER = "1 50 . sk1 7>10 127.0.0.1:80 0.0.0.0:0\n";
const IN = `
10 60 s sk9 10>3 127.0.0.1:80 127.0.0.1:4000
11 60 s sk9 3>1 127.0.0.1:80 127.0.0.1:4000`;
const OUT = `
10 60 . sk2 7>2 10.0.0.1:0 10.0.0.2:80
20 60 s sk2 2>1 10.0.0.1:4000 10.0.0.2:80`;

function seed(pid: number, local: string, remote: string | undefined, netns: number): Happening {
  return {
    event: remote === undefined ? "listen" : "open",
    time: EPOCH,
    preexisting: true,
    key: `seed-${pid}-${local}`,
    protocolNumber: 6,
    ipVersion: 4,
    local: end(local),
    ...remote !== undefined && { remote: end(remote), initiator: "local" as const },
    outcome: remote === undefined ? "unknown" : "established",
    netns,
    owner: ownerOf(pid, netns),
  };
}

function seeded(...seeds: Happening[]): TcpTable {
  const table = new TcpTable({ owners: OWNERS });
  table.seed(seeds, Math.max(...seeds.map(({ time }) => time)));
  return table;
}

Deno.test("TcpTable opens an attempt that waits with the port that its second SYN has", () => {
  const attempt = "10 60 . sk2 7>2 10.0.0.1:4711 10.0.0.2:80";
  const again = "1030000 0 s sk2 again 10.0.0.1:4000 10.0.0.2:80";
  const open = "open 10.0.0.1:4000>10.0.0.2:80 local unknown syn_sent 60(exact)";
  const table = new TcpTable({ owners: OWNERS });
  const into: Happening[] = [];
  for (const event of script(`${attempt}\n${again}`)) table.apply(event, into);
  assertEquals(into, []);
  table.advance(1_030_000, into);
  assertEquals(into.map(line), [open]);
  assertEquals(into.map(({ time }) => time - EPOCH), [1_000_010]);
  run(script("2100000 0 s sk2 again 10.0.0.1:4000 10.0.0.2:80"), table);
  assertEquals(into.length, 1);
});

Deno.test("TcpTable waits half a second longer for a port that it does not know", () => {
  const table = new TcpTable({ owners: OWNERS });
  const into: Happening[] = [];
  for (const event of script("10 60 . sk2 7>2 10.0.0.1:0 10.0.0.2:80")) table.apply(event, into);
  table.advance(1_500_009, into);
  assertEquals(into, []);
  table.advance(1_500_010, into);
  assertEquals(into.map(line), ["open 10.0.0.1:0>10.0.0.2:80 local unknown syn_sent 60(exact)"]);
});

Deno.test("TcpTable takes the port of no other socket's packet for that of an attempt", () => {
  const opened = (event: string) =>
    linesOf(
      `10 60 . sk2 7>2 10.0.0.1:4711 10.0.0.2:80\n${event}\n2000000 61 . sk9 7>2 10.0.0.1:0 10.0.0.2:9`,
    )[0];
  const open = (port: number) =>
    `open 10.0.0.1:${port}>10.0.0.2:80 local unknown syn_sent 60(exact)`;
  assertEquals(opened("1030000 0 s sk2 again 10.0.0.1:4000 10.0.0.2:80"), open(4000));
  assertEquals(opened("1030000 0 s sk3 again 10.0.0.1:4000 10.0.0.2:80"), open(0));
  // The address of a socket is given away again.
  assertEquals(opened("1030000 0 s sk2 again 10.0.0.1:4000 10.0.0.2:81"), open(0));
});

Deno.test("TcpTable opens an attempt that waits, and updates it once it is answered", () => {
  const lines = linesOf(`
10 60 . sk2 7>2 10.0.0.1:4711 10.0.0.2:80
1600000 0 s sk2 2>1 10.0.0.1:4000 10.0.0.2:80`);
  assertEquals(lines, [
    "open 10.0.0.1:0>10.0.0.2:80 local unknown syn_sent 60(exact)",
    "update 10.0.0.1:4000>10.0.0.2:80 local established established 60(exact)",
  ]);
});

Deno.test("TcpTable does not take a thread for the owner that was interrupted", () => {
  const lines = linesOf(
    "10 60 s sk2 7>2 10.0.0.1:0 10.0.0.2:80\n20 60 s sk2 2>1 10.0.0.1:4 10.0.0.2:80",
  );
  assertEquals(lines, ["open 10.0.0.1:4>10.0.0.2:80 local established established -(none)"]);
});

Deno.test("TcpTable names no owner where listeners of several processes fit", () => {
  const both = SERVER + "2 51 . sk3 7>10 127.0.0.1:80 0.0.0.0:0" + IN;
  assertEquals(linesOf(both).at(-1)?.endsWith("-(none)"), true);
  const same = SERVER + "2 50 . sk3 7>10 127.0.0.1:80 0.0.0.0:0" + IN;
  assertEquals(linesOf(same).at(-1)?.endsWith("50(inferred)"), true);
  const gone = SERVER +
    "2 51 . sk3 7>10 127.0.0.1:80 0.0.0.0:0\n3 51 . sk3 10>7 127.0.0.1:80 0.0.0.0:0" + IN;
  assertEquals(linesOf(gone).at(-1)?.endsWith("50(inferred)"), true);
  assertEquals(linesOf(IN.trim()).at(-1)?.endsWith("-(none)"), true);
});

Deno.test("TcpTable takes the closest listener within a network namespace only", () => {
  const near = seeded(seed(1, "127.0.0.1:80", undefined, 1), seed(2, "0.0.0.0:80", undefined, 1));
  assertEquals(linesOf(IN.trim(), near).at(-1)?.endsWith("1(inferred)"), true);
  const apart = seeded(seed(1, "127.0.0.1:80", undefined, 1), seed(2, "0.0.0.0:80", undefined, 2));
  assertEquals(linesOf(IN.trim(), apart).at(-1)?.endsWith("-(none)"), true);
});

Deno.test("TcpTable closes what was open before with its own key and owner", () => {
  const table = seeded(
    seed(7, "10.0.0.1:4000", "10.0.0.2:80", 1),
    seed(8, "10.0.0.1:22", undefined, 1),
  );
  const happenings = run(
    script(`
10 0 s sk5 1>8 10.0.0.1:4000 10.0.0.2:80
20 60 . sk5 8>9 10.0.0.1:4000 10.0.0.2:80
30 0 s sk5 9>7 10.0.0.1:4000 10.0.0.2:80
40 8 . sk6 10>7 10.0.0.1:22 0.0.0.0:0`),
    table,
  );
  assertEquals(happenings.map(line), [
    "close 10.0.0.1:4000>10.0.0.2:80 local established close 7(exact) no start preexisting",
    "close 10.0.0.1:22 - unknown close 8(exact) no start preexisting",
  ]);
  assertEquals(happenings.map(({ key }) => key), ["seed-7-10.0.0.1:4000", "seed-8-10.0.0.1:22"]);
  assertEquals(table.size, 0);
});

Deno.test("TcpTable does not guess which of two namespaces a connection was open in", () => {
  const seeds = [seed(7, "10.0.0.1:4", "10.0.0.2:80", 1), seed(8, "10.0.0.1:4", "10.0.0.2:80", 2)];
  const by = (first: string) =>
    linesOf(
      `10 ${first} sk5 1>7 10.0.0.1:4 10.0.0.2:80\n20 0 s sk6 1>7 10.0.0.1:4 10.0.0.2:80`,
      seeded(...seeds),
    );
  const close = (rest: string) => `close 10.0.0.1:4>10.0.0.2:80 ${rest} no start preexisting`;
  assertEquals(by("0 s"), [
    close("- established close -(none)"),
    close("- established close -(none)"),
  ]);
  assertEquals(by("8 ."), [
    close("local established close 8(exact)"),
    close("local established close 7(exact)"),
  ]);
});

Deno.test("TcpTable does not count twice what the trace saw begin before it was seen to be open", () => {
  const table = seeded({ ...seed(60, "10.0.0.1:4000", "10.0.0.2:80", 1), time: EPOCH + 100 });
  linesOf(OUT.trim(), table);
  assertEquals(table.size, 1);
});

Deno.test("TcpTable knows by its second SYN what is seen to be open while it waits", () => {
  const waiting = { ...seed(60, "10.0.0.1:4000", "10.0.0.2:80", 1), time: EPOCH + 100 };
  const table = seeded(waiting);
  const attempt = "10 60 . sk2 7>2 10.0.0.1:0 10.0.0.2:80";
  linesOf(`${attempt}\n1030000 0 s sk2 again 10.0.0.1:4000 10.0.0.2:80`, table);
  assert(table.sawBeginning(waiting.key));
  assertEquals(table.size, 1);
});

Deno.test("TcpTable names the peers of what may have been seen to be open before its port was told", () => {
  const table = seeded({ ...seed(7, "10.0.0.1:22", undefined, 1), time: EPOCH + 100 });
  const peers = (more: string) => {
    for (const event of script(more)) table.apply(event, []);
    return [...table.portlessPeers];
  };
  const attempt = (at: number, peer: string) => `${at} 60 . sk${at} 7>2 10.0.0.1:0 ${peer}\n`;
  const later = attempt(101, "10.0.0.4:80");
  const first = peers(attempt(10, "10.0.0.2:80") + attempt(100, "10.0.0.3:80") + later);
  assertEquals(first, ["6 10.0.0.1 10.0.0.2 80", "6 10.0.0.1 10.0.0.3 80"]);
  const again = "1030000 0 s sk10 again 10.0.0.1:4000 10.0.0.2:80";
  assertEquals(peers(again), ["6 10.0.0.1 10.0.0.3 80"]);
  // The kernel gives the socket away again.
  assertEquals(peers("1030001 60 . sk100 7>2 10.0.0.1:0 10.0.0.3:80"), []);
});

Deno.test("TcpTable names no peer of an attempt that has waited for so long that it is told", () => {
  const table = new TcpTable({ owners: OWNERS });
  table.seed([], EPOCH + 100);
  for (const event of script("10 60 . sk2 7>2 10.0.0.1:0 10.0.0.2:80")) table.apply(event, []);
  table.advance(1_500_009, []);
  assertEquals(table.portlessPeers.size, 1);
  table.advance(1_500_010, []);
  assertEquals(table.portlessPeers.size, 0);
});

Deno.test("TcpTable saw nothing begin that was seen to be open before", () => {
  const open = seed(60, "10.0.0.1:4000", "10.0.0.2:80", 1);
  const listening = seed(50, "127.0.0.1:80", undefined, 1);
  const began = (seen: number) => {
    const seeds = [open, listening].map((seed) => ({ ...seed, time: EPOCH + seen }));
    const table = seeded(...seeds);
    linesOf(SERVER + OUT.trim(), table);
    return seeds.map(({ key }) => table.sawBeginning(key));
  };
  assertEquals(began(0), [false, false]);
  assertEquals(began(9), [false, true]);
  assertEquals(began(10), [true, true]);
});

Deno.test("TcpTable says only what is certain of a connection that it did not see begin", () => {
  const end = "10 60 . sk2 1>4 10.0.0.1:4000 10.0.0.2:80\n20 0 s sk2 4>7 10.0.0.1:4000 10.0.0.2:80";
  const close = "close 10.0.0.1:4000>10.0.0.2:80 - established close 60(exact) no start";
  assertEquals(linesOf(end), [`${close} preexisting`]);
  const table = new TcpTable({ owners: OWNERS });
  table.lost([]);
  assertEquals(linesOf(end, table), [close]);
});

Deno.test("TcpTable ends a connection unseen when its socket begins another one", () => {
  const lines = linesOf(`${OUT.trim()}\n50 61 . sk2 7>10 10.0.0.1:80 0.0.0.0:0`);
  assertEquals(lines.slice(1), [
    "close 10.0.0.1:4000>10.0.0.2:80 local established close 60(exact) no end",
    "listen 10.0.0.1:80 - unknown listen 61(exact)",
  ]);
});

Deno.test("TcpTable tells what is held back, and reports no failed route, when events are lost", () => {
  const table = new TcpTable({ owners: OWNERS });
  const into: Happening[] = [];
  for (
    const event of script(`${OUT.trim()}\n30 60 . sk2 1>7 10.0.0.1:4000 10.0.0.2:80
31 61 . route 254 -11 0.0.0.0:0 10.9.9.9:80`)
  ) table.apply(event, into);
  assertEquals(into.length, 1);
  table.lost(into);
  table.advance(9_000_000, into);
  assertEquals(into.map(line).slice(1), [
    "close 10.0.0.1:4000>10.0.0.2:80 local established close 60(exact)",
  ]);
});

Deno.test("TcpTable takes an error that is told before the end, as older kernels do", () => {
  const lines = linesOf(`
10 60 . sk2 7>2 10.0.0.1:0 10.0.0.2:80
20 0 s error 113 10.0.0.1:4000 10.0.0.2:80
21 0 s sk2 2>7 10.0.0.1:4000 10.0.0.2:80`);
  assertEquals(lines, ["close 10.0.0.1:4000>10.0.0.2:80 local unreachable close 60(exact)"]);
});

Deno.test("TcpTable reports a failed route when the thread goes on to another peer", () => {
  const table = new TcpTable({ owners: OWNERS });
  const into: Happening[] = [];
  for (
    const event of script(`
10 60 . route 254 -11 0.0.0.0:0 10.9.9.9:80
20 60 . sk2 7>2 10.0.0.1:0 10.0.0.2:80`)
  ) table.apply(event, into);
  assertEquals(into.map(line), [
    "close 0.0.0.0:0>10.9.9.9:80 local unreachable close 60(exact)",
  ]);
});

Deno.test("TcpTable gives up the oldest when it is full", () => {
  const table = new TcpTable({ owners: OWNERS, max: 2 });
  const begin = [1, 2, 3].map((n) => `${n} 60 . sk${n} 7>2 10.0.0.1:0 10.0.0.2:8${n}`).join("\n");
  assertEquals(linesOf(begin, table).length, 2);
  assertEquals([table.size, table.forgotten], [2, 1]);
});

Deno.test("TcpTable counts and skips MPTCP sockets and states that make no sense", () => {
  const table = new TcpTable({ owners: OWNERS });
  linesOf("1 6 . sk1 7>2 1.1.1.1:0 1.1.1.2:8 262\n2 6 . sk2 7>99 1.1.1.1:0 1.1.1.2:8", table);
  assertEquals([table.forgotten, table.mptcp, table.unknownStates], [0, 1, 1]);
});

Deno.test("TcpTable takes an SCTP association that is established at once", () => {
  const lines = linesOf(
    "1 6 . sk1 7>1 1.1.1.1:5 1.1.1.2:8 132\n9 6 . sk1 1>7 1.1.1.1:5 1.1.1.2:8 132",
  );
  assertEquals(lines, [
    "open 1.1.1.1:5>1.1.1.2:8 - established established 6(exact)",
    "close 1.1.1.1:5>1.1.1.2:8 - established close 6(exact)",
  ]);
});

Deno.test("TcpTable tells the end of a connection before the socket's next one", () => {
  const lines = linesOf(`${OUT.trim()}
30 60 . sk2 1>7 10.0.0.1:4000 10.0.0.2:80
31 61 . sk2 7>10 10.0.0.1:80 0.0.0.0:0`);
  assertEquals(lines.map((text) => text.split(" ")[0]), ["open", "close", "listen"]);
});

Deno.test("TcpTable does not take one who kills a socket for its holder", () => {
  const lines = linesOf(`${SERVER.trim()}${IN}
20 70 . sk9 reset-out
21 70 . sk9 1>7 127.0.0.1:80 127.0.0.1:4000
22 70 . error 103 127.0.0.1:80 127.0.0.1:4000`);
  assertEquals(lines.at(-1), "close 127.0.0.1:80>127.0.0.1:4000 remote reset close 50(inferred)");
});
