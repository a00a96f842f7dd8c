/** What recorded lookups become. In words: event, protocol, ends, outcome, initiator, state, packets out. */
import { assertEquals } from "@std/assert";
import { RECORDED } from "./datagrams_test_recorded.ts";
import { run, table, words } from "./datagrams_test_tools.ts";

/** What the lookups become: one connection, by its open and its close. */
function stream(name: keyof typeof RECORDED): [string, string] {
  const [open, close, ...more] = run(RECORDED[name]).map(words);
  assertEquals(more, []);
  return [open ?? "", close ?? ""];
}

function failure(name: keyof typeof RECORDED): string {
  const told = run(RECORDED[name]);
  assertEquals(told.length, 1);
  const [{ start, end, time } = { start: 0, end: 1, time: 2 }] = told;
  assertEquals([start, end], [time, time]);
  return told.map(words).join();
}

Deno.test("DatagramTable counts the datagrams of a socket without a peer", () => {
  assertEquals(stream("unconnected4"), [
    "open 17 0.0.0.0/37642 10.77.0.2/5300 unknown - - -",
    "close 17 0.0.0.0/37642 10.77.0.2/5300 unknown - - 3",
  ]);
  assertEquals(stream("unconnected6")[1], "close 17 ::/32818 fd77::2/5300 unknown - - 3");
  assertEquals(stream("sendmmsg4")[1], "close 17 0.0.0.0/44924 10.77.0.2/5600 unknown - - 4");
});

Deno.test("DatagramTable counts a datagram once however many tables are asked", () => {
  assertEquals(stream("rules4")[1], "close 17 0.0.0.0/56564 10.77.0.2/53 unknown local - 2");
  assertEquals(stream("rules6")[1], "close 17 ::/35129 fd77::2/53 unknown local - 2");
});

Deno.test("DatagramTable knows connect(2) on IPv4 by its second lookup, and no packets of it", () => {
  for (
    const [name, ends] of [
      ["connected4", "17 10.77.0.1/53719 10.77.0.2/5301"],
      ["rulesConnect4", "17 10.77.0.1/33187 10.77.0.2/53"],
      ["rawConnected4", "1 10.77.0.1/0 10.77.0.2/0"],
    ] as const
  ) {
    assertEquals(stream(name), [
      `open ${ends} unknown local established -`,
      `close ${ends} unknown local established -`,
    ]);
  }
});

Deno.test("DatagramTable counts nothing where a lookup may be that of connect(2)", () => {
  assertEquals(stream("connected6")[1], "close 17 ::/41428 fd77::2/5301 unknown - - -");
  assertEquals(
    stream("connectedBound4")[1],
    "close 17 10.77.0.1/7778 10.77.0.2/5309 unknown - - -",
  );
  assertEquals(stream("multicast6")[1], "close 17 ::/59089 ff02::fb/5353 unknown local - -");
});

Deno.test("DatagramTable tells datagrams of a connected socket to others than its peer", () => {
  assertEquals(run(RECORDED.connectedThenOther4).map(words).filter((it) => it.startsWith("open")), [
    "open 17 10.77.0.1/45795 10.77.0.2/5304 unknown local established -",
    "open 17 10.77.0.1/45795 10.77.0.2/5305 unknown - - -",
  ]);
});

Deno.test("DatagramTable tells protocols without ports", () => {
  assertEquals(stream("ping4")[1], "close 1 0.0.0.0/0 10.77.0.2/0 unknown local - 2");
  assertEquals(stream("ping6")[1], "close 58 ::/0 fd77::2/0 unknown local - 2");
  assertEquals(stream("gre4")[1], "close 47 0.0.0.0/0 10.77.0.2/0 unknown - - 1");
});

Deno.test("DatagramTable knows the answer to a datagram of this host", () => {
  assertEquals(run(RECORDED.answered4).map(words).slice(2), [
    "close 17 0.0.0.0/42673 10.77.0.1/9000 established local - 1",
    "close 17 0.0.0.0/9000 10.77.0.1/42673 established remote - 1",
  ]);
  assertEquals(run(RECORDED.answered6).map(words).slice(0, 2), [
    "open 17 ::/57208 fd77::1/9001 established local - -",
    "open 17 ::/9001 fd77::1/57208 established remote - -",
  ]);
});

Deno.test("DatagramTable tells a datagram without a route once, as an attempt that is over", () => {
  assertEquals(failure("noRoute4"), "close 17 0.0.0.0/43611 203.0.113.9/53 unreachable local - -");
  assertEquals(
    failure("rulesNoRoute4"),
    "close 17 0.0.0.0/42172 203.0.113.9/53 unreachable local - -",
  );
  assertEquals(failure("noRoute6"), "close 17 fd77::1/51407 2001:db8::9/53 unreachable local - -");
  assertEquals(
    failure("rulesNoRoute6"),
    "close 17 fd77::1/35162 2001:db8::9/53 unreachable local - -",
  );
  assertEquals(
    failure("blackhole6"),
    "close 17 fd77::1/35539 2001:db8::9/53 unreachable local - -",
  );
  assertEquals(failure("prohibit4"), "close 17 0.0.0.0/33246 203.0.113.9/53 denied local - -");
  assertEquals(failure("prohibit6"), "close 17 fd77::1/57966 2001:db8::9/53 denied local - -");
});

Deno.test("DatagramTable leaves out what the kernel sends on its own, and counts it", () => {
  const datagrams = table();
  assertEquals(
    run(RECORDED.vxlan4, datagrams).map(words)[1],
    "close 17 0.0.0.0/39355 10.78.0.2/5555 unknown - - 1",
  );
  assertEquals(datagrams.skipped, { interrupted: 6, protocolless: 0, portless: 0 });
});

Deno.test("DatagramTable counts a datagram once where the firewall makes the kernel route it again", () => {
  const datagrams = table();
  assertEquals(
    run(RECORDED.reroute4, datagrams).map(words)[1],
    "close 17 0.0.0.0/55972 10.77.0.2/5995 unknown - - 2",
  );
  assertEquals(datagrams.skipped.protocolless, 4);
});

Deno.test("DatagramTable leaves out UDP to port 0: somebody asks for a route and sends nothing", () => {
  const datagrams = table();
  const opened = run(RECORDED.addressSorting, datagrams).filter(({ event }) => event === "open");
  assertEquals(opened.map(({ remote }) => remote?.port), [443, 443, 443]);
  assertEquals(datagrams.skipped.portless, 10);
  run(RECORDED.routeGet4.split("\n").slice(0, 3).join("\n"), datagrams);
  assertEquals(datagrams.skipped.portless, 12);
});

Deno.test("DatagramTable leaves out the end of what may send without a lookup", () => {
  for (const name of ["connected4", "connected6", "connectedBound4", "rawConnected4"] as const) {
    assertEquals(run(RECORDED[name]).map(({ end }) => end), [undefined, undefined]);
  }
  for (const name of ["unconnected4", "unconnected6", "ping4", "gre4", "ping6"] as const) {
    const [open, close] = run(RECORDED[name]);
    assertEquals(open?.end, undefined);
    assertEquals(typeof close?.end, "number");
  }
});
