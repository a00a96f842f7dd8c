import { assertEquals } from "@std/assert";
import type { CollectorCounters } from "../../lib/collector.ts";
import { type AccountSources, TraceAccount } from "./account.ts";

/** A run that has lost nothing yet. */
function run() {
  const session = { lost: 0, malformed: 0, late: 0, switchedOff: 0, unreadable: [] as number[] };
  const tcp = { forgotten: 0, unknownStates: 0, mptcp: 0 };
  const skipped = { interrupted: 0, protocolless: 0, portless: 0 };
  const datagrams = { forgotten: 0, skipped };
  const processes = { skippedReads: 0, forgotten: 0 };
  const bytes = { unanswered: 0, unfollowed: 0 };
  const sources: AccountSources = { session, tables: { tcp, datagrams }, processes, bytes };
  const counters: CollectorCounters = { read: 0, dropped: {}, degraded: {} };
  const said: string[] = [];
  let now = 0;
  const context = {
    counters,
    report: (level: string, message: string) => void said.push(`${level}: ${message}`),
  };
  const account = new TraceAccount(() => now, context, sources);
  const wait = (us: number) => now += us;
  return { session, tcp, datagrams, processes, bytes, counters, said, account, wait };
}

Deno.test("TraceAccount counts what never became a record as read and dropped, once", () => {
  const { account, session, tcp, counters } = run();
  session.malformed = 2;
  session.lost = 10;
  tcp.unknownStates = 1;
  account.update();
  account.update();
  session.lost = 15;
  account.update();
  account.lose("unreadable", 3);
  account.lose("unreadable", 0);
  assertEquals(counters, {
    read: 21,
    dropped: { malformed: 2, unknown_state: 1, overrun: 15, unreadable: 3 },
    degraded: {},
  });
});

Deno.test("TraceAccount counts records that say less than they could apart from those", () => {
  const { account, session, tcp, datagrams, processes, bytes, counters } = run();
  tcp.forgotten = 1;
  datagrams.forgotten = 2;
  processes.forgotten = 10;
  bytes.unfollowed = 20;
  processes.skippedReads = 4;
  session.late = 5;
  bytes.unanswered = 6;
  account.update();
  bytes.unanswered = 7;
  account.update();
  assertEquals(counters, {
    read: 0,
    dropped: {},
    degraded: { table_full: 33, process_not_read: 4, late_event: 5, no_bytes: 7 },
  });
});

Deno.test("TraceAccount says losses at once, and then every ten seconds at most", () => {
  const { account, session, said, wait } = run();
  for (const lost of [3, 4, 5]) {
    session.lost = lost;
    account.update();
    wait(6_000_000);
  }
  account.update();
  assertEquals(said, [
    "warning: the kernel had no room for 3 events: give it more with --buffer",
    "warning: the kernel had no room for 2 events: give it more with --buffer",
  ]);
});

Deno.test("TraceAccount says that the trace was off, and of each CPU once that it cannot be read", () => {
  const { account, session, said } = run();
  session.switchedOff = 1;
  session.unreadable = [3];
  account.update();
  session.unreadable = [3, 4];
  account.update();
  assertEquals(said, [
    "warning: cannot read the events of CPU 3: it is tried again",
    "warning: somebody had switched the trace off: it is on again",
    "warning: cannot read the events of CPU 4: it is tried again",
  ]);
});

Deno.test("TraceAccount tells at the end what was passed over, where there was something", () => {
  const { account, tcp, datagrams, bytes, counters, said } = run();
  account.end();
  assertEquals(said, []);
  tcp.mptcp = 2;
  datagrams.skipped.portless = 7;
  bytes.unanswered = 1;
  account.end();
  assertEquals(said, ["debug: events that are no connections: portless 7, mptcp 2"]);
  assertEquals(counters.degraded, { no_bytes: 1 });
});
