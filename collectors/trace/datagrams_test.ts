import { assertEquals } from "@std/assert";
import { DatagramTable } from "./datagrams.ts";
import { BOOT, lookup, ownerOf, run, table, TIMEOUT, told, words } from "./datagrams_test_tools.ts";
import type { Happening } from "./happening.ts";

const SEND = "254 17 0.0.0.0/40000 192.0.2.1/53 0";

/** What comes of a send by thread 7 at these times, microseconds. */
function sends(times: readonly number[], what = SEND): string {
  return times.map((time) => `7 ..... ${time} ${what}`).join("\n");
}

Deno.test("DatagramTable closes a stream at the end of its silence", () => {
  const happenings = run(sends([1_000, 2_000, 2_000 + TIMEOUT - 1]));
  assertEquals(happenings.map(({ event, time }) => [event, time - BOOT]), [
    ["open", 1_000],
    ["close", 2_000 + 2 * TIMEOUT - 1],
  ]);
  assertEquals(happenings[1]?.start, BOOT + 1_000);
  assertEquals(happenings[1]?.end, BOOT + 2_000 + TIMEOUT - 1);
  assertEquals(happenings[1]?.packetsOut, 3);
  assertEquals(happenings[0]?.key, happenings[1]?.key);
});

Deno.test("DatagramTable tells of UDP-Lite without its ports: the kernel does not trace them", () => {
  const found = run("7 .... 100 254 136 0.0.0.0/0 192.0.2.9/0 0").map(words);
  assertEquals(found[0]?.split(" ").slice(0, 4), ["open", "136", "0.0.0.0/0", "192.0.2.9/0"]);
});

Deno.test("DatagramTable does not count a single lookup of a group: connect(2) makes the same", () => {
  const counts = (text: string) => run(text).map(({ packetsOut }) => packetsOut);
  const lookup = (boot: number) => `7 .... ${boot} 254 17 0.0.0.0/4000 239.1.2.3/5000 0\n`;
  assertEquals(counts(lookup(100)), [undefined, undefined]);
  assertEquals(counts(lookup(100) + lookup(90_000)).at(-1), 2);
});

Deno.test("DatagramTable begins another stream after the silence", () => {
  const happenings = run(sends([1_000, 1_000 + TIMEOUT]));
  assertEquals(happenings.map(({ event }) => event), ["open", "close", "open", "close"]);
  assertEquals(new Set(happenings.map(({ key }) => key)).size, 2);
});

Deno.test("DatagramTable folds the threads of a process, and keeps processes apart", () => {
  const owners = { of: (tid: number) => ownerOf(tid < 10 ? 1 : 2) };
  const datagrams = new DatagramTable({ owners, timeoutUs: TIMEOUT });
  const happenings = run(
    [3, 4, 11, 3].map((tid, at) => `${tid} ..... ${at} ${SEND}`).join("\n"),
    datagrams,
  );
  assertEquals(
    happenings.filter(({ event }) => event === "close")
      .map(({ owner, packetsOut }) => [owner.process?.pid, packetsOut]),
    [[2, 1], [1, 3]],
  );
});

Deno.test("DatagramTable keeps threads without a process apart", () => {
  const owners = { of: () => ({ attribution: "none" as const, attributionReason: "gone" }) };
  const datagrams = new DatagramTable({ owners, timeoutUs: TIMEOUT });
  const happenings = run(`3 ..... 1 ${SEND}\n4 ..... 2 ${SEND}`, datagrams);
  assertEquals(happenings.filter(({ event }) => event === "open").length, 2);
});

Deno.test("DatagramTable folds the same failure, also from other ports", () => {
  const happenings = run(`
    7 ..... 1000 254 17 0.0.0.0/40000 192.0.2.1/53 -11
    7 ..... 2000 254 17 0.0.0.0/40000 192.0.2.1/53 -11
    7 ..... 3000 254 17 0.0.0.0/40001 192.0.2.1/53 -11
    7 ..... 4000 254 17 0.0.0.0/40001 192.0.2.1/53 -13
    7 ..... 5000 254 17 0.0.0.0/40001 192.0.2.1/53 0
    7 ..... 6000 254 17 0.0.0.0/40001 192.0.2.1/53 -11
  `);
  assertEquals(happenings.map(words), [
    "close 17 0.0.0.0/40000 192.0.2.1/53 unreachable local - -",
    "close 17 0.0.0.0/40001 192.0.2.1/53 denied local - -",
    "open 17 0.0.0.0/40001 192.0.2.1/53 unknown local - -",
    "close 17 0.0.0.0/40001 192.0.2.1/53 unknown local - 1",
  ]);
});

Deno.test("DatagramTable tells a failure again after a silence", () => {
  const fails = "254 17 0.0.0.0/40000 192.0.2.1/53 -11";
  assertEquals(run(sends([1, TIMEOUT, 2 * TIMEOUT + 1], fails)).length, 2);
});

Deno.test("DatagramTable waits for the tables that have not been asked yet", () => {
  const datagrams = table();
  const into: Happening[] = [];
  datagrams.apply(lookup("7 ..... 1 255 17 0.0.0.0/40000 192.0.2.1/53 -11"), into);
  datagrams.advance(10_000, into);
  assertEquals(into, []);
  datagrams.apply(lookup("7 ..... 10001 254 17 0.0.0.0/40000 192.0.2.1/53 0"), into);
  datagrams.end(into);
  assertEquals(into.map(words), ["open 17 0.0.0.0/40000 192.0.2.1/53 unknown local - -"]);
});

Deno.test("DatagramTable leaves open at the end what is open, and tells what has failed", () => {
  const datagrams = table();
  const into: Happening[] = [];
  datagrams.apply(lookup(`7 ..... 1 ${SEND}`), into);
  datagrams.apply(lookup("8 ..... 2 255 17 0.0.0.0/40000 192.0.2.9/53 -11"), into);
  assertEquals(into, []);
  datagrams.end(into);
  assertEquals(into.map(({ event }) => event).sort(), ["close", "open"]);
  assertEquals(datagrams.size, 2);
});

Deno.test("DatagramTable does not take a second source address for connect(2) when it comes late", () => {
  const [open, close] = run(`
    7 ..... 1000 254 17 0.0.0.0/5000 192.0.2.1/6000 0
    7 ..... 9000 254 17 192.0.2.7/5000 192.0.2.1/6000 0
  `).map(words);
  assertEquals(open, "open 17 192.0.2.7/5000 192.0.2.1/6000 unknown - - -");
  assertEquals(close, "close 17 192.0.2.7/5000 192.0.2.1/6000 unknown - - -");
});

Deno.test("DatagramTable closes the stream that was silent longest when there are too many", () => {
  const datagrams = table(2);
  const into: Happening[] = [];
  for (const [at, port] of [1, 2, 1, 3].entries()) {
    datagrams.apply(lookup(`7 ..... ${at} 254 17 0.0.0.0/40000 192.0.2.1/${port} 0`), into);
  }
  assertEquals(into.filter(({ event }) => event === "close").map(({ remote }) => remote?.port), [
    2,
  ]);
  assertEquals(datagrams.forgotten, 1);
  assertEquals(datagrams.size, 2);
});

Deno.test("DatagramTable.error tells what a connected socket is told of its peer", () => {
  for (
    const [error, outcome] of [[111, "refused"], [113, "unreachable"], [13, "denied"], [
      90,
      "unknown",
    ]]
  ) {
    const datagrams = table();
    const into: Happening[] = [];
    datagrams.apply(lookup("7 ..... 1 254 17 ::/40000 2001:db8::1/53 0"), into);
    datagrams.error(told(Number(error), 17, "2001:db8::7/40000", "2001:db8::1/53"));
    datagrams.error(told(113, 17, "2001:db8::8/40000", "2001:db8::1/53"));
    datagrams.error(told(1, 17, "0.0.0.0/40000", "0.0.0.0/0"));
    datagrams.advance(1e15, into);
    const local = error === 90 ? "2001:db8::8" : "2001:db8::7";
    const expected = error === 90 ? "unreachable" : outcome;
    assertEquals(
      into.map(words)[1],
      `close 17 ${local}/40000 2001:db8::1/53 ${expected} local - -`,
    );
  }
});

Deno.test("DatagramTable knows who began by the ports, and leaves it out where they do not tell", () => {
  for (
    const [ports, initiator, bound] of [
      ["40000 53", "local", false],
      ["5000 443", "local", false],
      ["40000 5000", undefined, false],
      ["123 123", undefined, false],
      ["53 40000", undefined, false],
      ["53 40000", "remote", true],
      ["123 123", undefined, true],
      ["5000 443", undefined, true],
      ["27015 40000", undefined, true],
    ] as const
  ) {
    const [from, to] = ports.split(" ");
    const datagrams = table();
    if (bound) datagrams.seed([{ protocolNumber: 17, local: { port: Number(from) } }]);
    const [open] = run(`7 ..... 1 254 17 0.0.0.0/${from} 192.0.2.1/${to} 0`, datagrams);
    assertEquals([ports, open?.initiator], [ports, initiator]);
  }
});

Deno.test("DatagramTable does not take another server of the same protocol for an answer", () => {
  const happenings = run(`
    7 ..... 1 254 17 0.0.0.0/123 192.0.2.1/123 0
    7 ..... 2 254 17 0.0.0.0/123 192.0.2.2/123 0
    8 ..... 3 254 17 0.0.0.0/123 192.0.2.1/123 0
  `);
  assertEquals(new Set(happenings.map(({ outcome }) => outcome)), new Set(["unknown"]));
});

Deno.test("DatagramTable knows an answer by the address that was asked", () => {
  const opened = run(`
    7 ..... 1 254 17 0.0.0.0/40000 192.0.2.2/5000 0
    8 ..... 2 254 17 192.0.2.3/5000 192.0.2.1/40000 0
    9 ..... 3 254 17 192.0.2.2/5000 192.0.2.1/40000 0
  `).filter(({ event }) => event === "open");
  assertEquals(opened.map(({ initiator }) => initiator), ["local", undefined, "remote"]);
});

Deno.test("DatagramTable does not take for an answer what comes after the silence", () => {
  const opened = run(`
    7 ..... 1 254 17 0.0.0.0/40000 192.0.2.2/5000 0
    8 ..... ${TIMEOUT + 1} 254 17 0.0.0.0/5000 192.0.2.2/40000 0
  `).filter(({ event }) => event === "open");
  assertEquals(opened.map(({ outcome }) => outcome), ["unknown", "unknown"]);
});

Deno.test("DatagramTable tells a process from the next one with the same thread id", () => {
  let pid = 1;
  const datagrams = new DatagramTable({ owners: { of: () => ownerOf(pid) }, timeoutUs: TIMEOUT });
  const into: Happening[] = [];
  for (pid = 1; pid <= 2; pid++) datagrams.apply(lookup(`7 ..... ${pid} ${SEND}`), into);
  datagrams.end(into);
  assertEquals(into.map(({ owner }) => owner.process?.pid), [1, 2]);
});

Deno.test("DatagramTable tells a failure at once when its thread goes on", () => {
  const into: Happening[] = [];
  const datagrams = table();
  datagrams.apply(lookup("7 ..... 1 254 17 0.0.0.0/40000 192.0.2.9/53 -11"), into);
  datagrams.apply(lookup(`7 ..... 2 ${SEND}`), into);
  assertEquals(into.map(({ remote }) => remote?.ip), ["192.0.2.9"]);
});
