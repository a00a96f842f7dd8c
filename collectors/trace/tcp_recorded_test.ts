import { assertEquals } from "@std/assert";
import { EventDecoder } from "./decode.ts";
import type { TraceEvent } from "./event.ts";
import { fixture, formatsOf, layoutOf } from "./page_test_tools.ts";
import { FAILURES } from "./tcp_test_failures.ts";
import { LIVES } from "./tcp_test_lives.ts";
import { line, linesOf, run } from "./tcp_test_tools.ts";

function isConnection(line: string): boolean {
  return line.includes(">");
}

Deno.test("TcpTable says why an attempt failed", async (t) => {
  const expected: Record<keyof typeof FAILURES, string[]> = {
    refused: [
      "close 127.0.0.1:52250>127.0.0.1:7411 local refused close 2291(exact)",
    ],
    refusedV6: [
      "close fd77::1:39852>fd77::2:7411 local refused close 2291(exact)",
    ],
    timeout: [
      "open 10.77.0.1:0>10.77.0.2:7405 local unknown syn_sent 2291(exact)",
      "close 10.77.0.1:43860>10.77.0.2:7405 local timeout close 2291(exact)",
    ],
    localDropGiveup: [
      "close 10.77.0.1:46116>10.77.0.2:7401 local unknown close 2291(exact)",
    ],
    rejectLocalIcmp: [
      "close 10.77.0.1:47752>10.77.0.2:7402 local refused close 2291(exact)",
    ],
    rejectLocalAdmin: [
      "close 10.77.0.1:56236>10.77.0.2:7404 local unreachable close 2291(exact)",
    ],
    rejectLocalAdminV6: [
      "close fd77::1:45738>fd77::2:7404 local denied close 2291(exact)",
    ],
    rejectRemoteHost: [
      "close 10.77.0.1:37346>10.77.0.2:7406 local unreachable close 2291(exact)",
    ],
    noRoute: [
      "close 0.0.0.0:0>192.0.2.1:7410 local unreachable close 2291(exact)",
    ],
    noRouteBound: [],
    unreachableRoute: [
      "close 0.0.0.0:0>10.78.0.1:7410 local unreachable close 2291(exact)",
    ],
    prohibitRoute: [
      "close 0.0.0.0:0>10.79.0.1:7410 local denied close 2291(exact)",
    ],
    blackholeRoute: [
      "close 0.0.0.0:0>10.80.0.1:7410 local unreachable close 2291(exact)",
    ],
    prohibitRule: [
      "close 0.0.0.0:0>10.82.0.1:7410 local unknown close 2291(exact)",
    ],
    v6NoRoute: [
      "close :::0>2001:db8::1:7410 local unreachable close 2291(exact)",
    ],
    v6Prohibit: [
      "close :::0>fd79::1:7410 local denied close 2291(exact)",
    ],
    arpFail: [
      "close 10.77.0.1:58424>10.77.0.77:7410 local unreachable close 2291(exact)",
    ],
    reconnectAfterFailure: [
      "close 127.0.0.1:38898>127.0.0.1:7411 local refused close 2291(exact)",
      "close 127.0.0.1:35764>127.0.0.1:7412 local refused close 2291(exact)",
    ],
  };
  for (const [name, script] of Object.entries(FAILURES)) {
    const lines = Object.entries(expected).find(([key]) => key === name)?.[1];
    await t.step(name, () => assertEquals(linesOf(script).filter(isConnection), lines));
  }
});

Deno.test("TcpTable says whose connections are and how they ended", async (t) => {
  const expected: Record<keyof typeof LIVES, string[]> = {
    successVeth: [
      "open 10.77.0.1:45990>10.77.0.2:7400 local established established 2291(exact)",
      "open 10.77.0.2:7400>10.77.0.1:45990 remote established established 2379(inferred)",
      "close 10.77.0.2:7400>10.77.0.1:45990 remote established close 2379(exact)",
      "close 10.77.0.1:45990>10.77.0.2:7400 local established close 2291(exact)",
    ],
    successV6Dual: [
      "open 127.0.0.1:41054>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:41054 remote established established 2380(inferred)",
      "close 127.0.0.1:7400>127.0.0.1:41054 remote established close 2380(exact)",
      "close 127.0.0.1:41054>127.0.0.1:7400 local established close 2291(exact)",
    ],
    halfClose: [
      "open 127.0.0.1:41066>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:41066 remote established established 2382(inferred)",
      "close 127.0.0.1:41066>127.0.0.1:7400 local established close 2291(exact)",
      "close 127.0.0.1:7400>127.0.0.1:41066 remote established close 2382(exact)",
    ],
    peerLinger0: [
      "open 127.0.0.1:55252>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:55252 remote established established 2390(inferred)",
      "close 127.0.0.1:55252>127.0.0.1:7400 local reset close 2291(exact)",
      "close 127.0.0.1:7400>127.0.0.1:55252 remote reset close 2390(exact)",
    ],
    closeUnread: [
      "open 127.0.0.1:55266>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:55266 remote established established 2392(inferred)",
      "close 127.0.0.1:7400>127.0.0.1:55266 remote reset close 2392(inferred)",
      "close 127.0.0.1:55266>127.0.0.1:7400 local reset close 2291(exact)",
    ],
    sendAfterPeerClose: [
      "open 127.0.0.1:55280>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:55280 remote established established 2393(inferred)",
      "close 127.0.0.1:7400>127.0.0.1:55280 remote established close 2393(exact)",
      "close 127.0.0.1:55280>127.0.0.1:7400 local reset close 2291(exact)",
    ],
    listenerClosedQueued: [
      "open 127.0.0.1:55288>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:55288 remote established established 2394(inferred)",
      "close 127.0.0.1:7400>127.0.0.1:55288 remote reset close 2394(exact)",
      "close 127.0.0.1:55288>127.0.0.1:7400 local reset close 2291(exact)",
    ],
    afUnspec: [
      "open 127.0.0.1:55300>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:55300 remote established established 2395(inferred)",
      "close 127.0.0.1:7400>127.0.0.1:55300 remote reset close 2395(inferred)",
      "close 127.0.0.1:55300>127.0.0.1:7400 local reset close 2291(exact)",
      "close 127.0.0.1:38914>127.0.0.1:7411 local refused close 2291(exact)",
    ],
    forkChildHolds: [
      "open 127.0.0.1:55316>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:55316 remote established established 2398(inferred)",
      "close 127.0.0.1:55316>127.0.0.1:7400 local established close 2291(exact)",
      "close 127.0.0.1:7400>127.0.0.1:55316 remote established close 2398(exact)",
    ],
    selfConnect: [
      "open 127.0.0.1:7430>127.0.0.1:7430 local established established 2291(exact)",
      "close 127.0.0.1:7430>127.0.0.1:7430 local established close 2291(exact)",
    ],
    keepaliveTimeout: [
      "open 10.77.0.1:52948>10.77.0.2:7400 local established established 2291(exact)",
      "open 10.77.0.2:7400>10.77.0.1:52948 remote established established 2410(inferred)",
      "close 10.77.0.1:52948>10.77.0.2:7400 local timeout close 2291(exact)",
      "close 10.77.0.2:7400>10.77.0.1:52948 remote reset close 2410(exact)",
    ],
    userTimeoutRetransmitNoroute: [
      "open 10.77.0.1:38592>10.77.0.2:7400 local established established 2291(exact)",
      "open 10.77.0.2:7400>10.77.0.1:38592 remote established established 2415(inferred)",
      "close 10.77.0.1:38592>10.77.0.2:7400 local timeout close 2291(exact)",
      "close 10.77.0.2:7400>10.77.0.1:38592 remote reset close 2415(exact)",
    ],
    tfo: [
      "open 127.0.0.1:54162>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:54162 remote established established 2475(inferred)",
      "close 127.0.0.1:7400>127.0.0.1:54162 remote established close 2475(exact)",
      "close 127.0.0.1:54162>127.0.0.1:7400 local established close 2291(exact)",
      "open 127.0.0.1:54168>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:54168 remote established established 2475(inferred)",
      "close 127.0.0.1:7400>127.0.0.1:54168 remote established close 2475(exact)",
      "close 127.0.0.1:54168>127.0.0.1:7400 local established close 2291(exact)",
    ],
    threadConnects: [
      "open 127.0.0.1:54186>127.0.0.1:7400 local established established 2495(exact)",
      "open 127.0.0.1:7400>127.0.0.1:54186 remote established established 2494(inferred)",
      "close 127.0.0.1:54186>127.0.0.1:7400 local established close 2495(exact)",
      "close 127.0.0.1:7400>127.0.0.1:54186 remote established close 2494(exact)",
    ],
    mptcp: [
      "open 127.0.0.1:33376>127.0.0.1:7440 local established established 2291(exact)",
      "open 127.0.0.1:7440>127.0.0.1:33376 remote established established 2497(inferred)",
      "close 127.0.0.1:33376>127.0.0.1:7440 local established close 2291(exact)",
      "close 127.0.0.1:7440>127.0.0.1:33376 remote established close 2497(inferred)",
    ],
    killSocketSs: [
      "open 127.0.0.1:54198>127.0.0.1:7400 local established established 2291(exact)",
      "open 127.0.0.1:7400>127.0.0.1:54198 remote established established 2498(inferred)",
      "close 127.0.0.1:54198>127.0.0.1:7400 local reset close 2291(exact)",
      "close 127.0.0.1:7400>127.0.0.1:54198 remote reset close 2498(inferred)",
    ],
  };
  for (const [name, script] of Object.entries(LIVES)) {
    const lines = Object.entries(expected).find(([key]) => key === name)?.[1];
    await t.step(name, () => assertEquals(linesOf(script).filter(isConnection), lines));
  }
});

Deno.test("TcpTable says the ports of attempts that are not answered, as this kernel tells them", () => {
  const events: TraceEvent[] = [];
  new EventDecoder(formatsOf("6.18"), layoutOf("6.18"), (boot) => boot)
    .decode(fixture("pages/unanswered.bin"), events);
  const told = events.filter((event) => event.type === "state" || event.type === "retransmit");
  const lines = run(told).map(line);
  assertEquals(lines.filter((text) => text.startsWith("open")), [
    "open 127.0.0.1:53968>127.0.0.1:7001 local unknown syn_sent 26092(exact)",
    "open 127.0.0.1:54730>127.0.0.1:7000 local unknown syn_sent 26091(exact)",
    "open fd66::1:41376>fd66::2:7003 local unknown syn_sent 26093(exact)",
    "open 10.66.0.1:54650>10.66.0.2:7004 local unknown syn_sent 26094(exact)",
  ]);
  assertEquals(lines.length, 8);
});
